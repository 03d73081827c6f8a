package panatorch.serve.http;

import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsClientAuth;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http2.Http2Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.jspecify.annotations.Nullable;
import panatorch.serve.ModelRepository;
import panatorch.serve.http.internal.Access;
import panatorch.serve.http.internal.Gate;
import panatorch.serve.http.internal.GrpcServer;
import panatorch.serve.http.internal.GrpcServerProvider;
import panatorch.serve.http.internal.GrpcSettings;
import panatorch.serve.http.internal.InferenceService;
import panatorch.serve.http.internal.RequestMemory;

/**
 * A server that answers the <a href="https://github.com/kserve/open-inference-protocol">Open Inference Protocol</a> (version 2) over
 * HTTP/1.1 and HTTP/2 with the models of a {@link ModelRepository}: JSON, and the binary tensor data extension that NVIDIA Triton's clients
 * speak.
 *
 * <pre>{@code
 * try (var models = ModelRepository.of(); var server = ModelServer.start(models, ServerOptions.standard())) {
 *     models.load("mnist", 1, () -> Model.of(ExportedProgram.load(path).optimize(OptimizeOptions.all())), ServeOptions.standard());
 *     …                                                     // POST http://127.0.0.1:8000/v2/models/mnist/infer
 * }
 * }</pre>
 *
 * <p>
 * By default only this machine reaches the server, and pages of other sites in a browser on it do not.
 *
 * <p>
 * <b>Errors</b> are {@code {"error": "…"}} with the status 400 (the request does not fit the model; the text says where), 401, 403, 404,
 * 413, 429 (the queue is full), 500 (the model failed), 503 (still loading, or stopping) or 504 (not answered in time).
 *
 * <p>
 * <b>Lifetime and threads.</b> Each connection has a virtual thread. The models stay the caller's, who closes the server first. Any thread
 * may close it.
 */
public final class ModelServer implements AutoCloseable {
    private static final Logger LOG = LogManager.getLogger(ModelServer.class);

    private final WebServer server;
    private final @Nullable GrpcServer grpc;
    private final Gate gate;
    private final Patience patience;
    private final ServerOptions options;

    private ModelServer(WebServer server, @Nullable GrpcServer grpc, Gate gate, Patience patience, ServerOptions options) {
        this.server = server;
        this.grpc = grpc;
        this.gate = gate;
        this.patience = patience;
        this.options = options;
    }

    /**
     * Starts a server. Models may be loaded before and afterwards.
     *
     * @throws IllegalArgumentException if the host is unknown, a file of certificates cannot be used, or the artifact for gRPC is missing
     * @throws UncheckedIOException if a port is taken
     */
    public static ModelServer start(ModelRepository models, ServerOptions options) {
        InetAddress address;
        try {
            address = InetAddress.getByName(options.host);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("the host '" + options.host + "' is unknown", e);
        }
        var gate = new Gate();
        var patience = new Patience(options.bodyTimeout, options.headTimeout, options.idleTimeout);
        var access = new Access(options.token, address.isLoopbackAddress());
        var memory = new RequestMemory(options.maxBody);
        ServerOptions.ModelLoader loader = options.loader;
        var service = new InferenceService(models, options.ready, loader == null ? null : loader::load, gate);
        Http1Config http1 = Http1Config.builder().maxHeadersSize(options.maxHeader).build();
        var sockets = SocketOptions.builder().tcpNoDelay(true).build();
        WebServer server = WebServer.create(b -> {
            b.address(address).port(options.port).shutdownHook(false)
                    .maxTcpConnections(options.maxConnections)
                    .connectionOptions(patience.connections().options(sockets))
                    .directHandlers(DirectHandlers.builder().addHandler(EventType.BAD_REQUEST, Errors::ofMessage).build())
                    .addConnectionSelector(new Http10(http1))
                    .addProtocol(http1)
                    .addProtocol(Http2Config.builder().maxHeaderListSize(options.maxHeader).build())
                    .routing(r -> r.addFilter(patience.connections())
                            .addFilter(new ClosingFilter())
                            .addFilter(new AccessFilter(access))
                            .register(new Endpoints(service, options, new Bodies(memory, patience), patience)));
            Path chain = options.certificate, key = options.key;
            if (chain != null && key != null) b.tls(tls(chain, key, options.clientAuthority));
            else
                if (options.clientAuthority != null)
                    throw new IllegalArgumentException("certificates of clients need a certificate of the server, see ServerOptions.tls");
        });
        server.start();
        if (!server.isRunning()) { // Helidon logs the reason and goes on
            patience.close();
            throw taken(options.port, options.host, null);
        }
        try {
            GrpcServer grpc = options.grpcPort < 0 ? null : grpc(new GrpcSettings(address, options.grpcPort, options.certificate,
                    options.key, options.clientAuthority, options.maxHeader, options.maxTensors, options.maxConnections,
                    options.bodyTimeout, service, access, memory));
            return new ModelServer(server, grpc, gate, patience, options);
        } catch (RuntimeException e) {
            server.stop();
            patience.close();
            throw e;
        }
    }

    private static GrpcServer grpc(GrpcSettings settings) {
        GrpcServerProvider provider = ServiceLoader.load(GrpcServerProvider.class).findFirst().orElseThrow(
                () -> new IllegalArgumentException("gRPC needs the artifact panatorch-serve-grpc on the class path or module path"));
        try {
            return provider.start(settings);
        } catch (IOException e) {
            throw taken(settings.port(), settings.address().getHostAddress(), e);
        }
    }

    private static UncheckedIOException taken(int port, String host, @Nullable IOException cause) {
        var e = new BindException("port " + port + " of " + host + " is taken, or not this machine's");
        if (cause != null) e.initCause(cause);
        return new UncheckedIOException(e);
    }

    private static Tls tls(Path chain, Path key, @Nullable Path authority) {
        for (Path file : authority == null ? new Path[] {chain, key} : new Path[] {chain, key, authority})
            if (!Files.isReadable(file)) throw new IllegalArgumentException("the file " + file + " cannot be read");
        try {
            Keys own = Keys.builder().pem(p -> p.key(Resource.create(key)).certChain(Resource.create(chain))).build();
            var tls = Tls.builder().privateKey(own).privateKeyCertChain(own);
            if (authority != null) {
                tls.trust(Keys.builder().pem(p -> p.certificates(Resource.create(authority))).build());
                tls.clientAuth(TlsClientAuth.REQUIRED);
            }
            return tls.build();
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("the certificate or key cannot be used: " + e.getMessage(), e);
        }
    }

    /** Returns the port on which the server listens. */
    public int port() {
        return server.port();
    }

    /**
     * Returns the port on which the server listens for gRPC.
     *
     * @throws IllegalStateException if it does not
     */
    public int grpcPort() {
        if (grpc == null) throw new IllegalStateException("the server does not speak gRPC; set ServerOptions.grpc");
        return grpc.port();
    }

    /** Returns the address of the server for clients on this machine, such as {@code http://127.0.0.1:8000}. */
    public String url() {
        String host = options.host.contains(":") ? "[" + options.host + "]" : options.host;
        return (options.certificate != null ? "https://" : "http://") + host + ":" + port();
    }

    /**
     * Takes no more inferences, answers those that have begun, and stops. Requests that take longer than {@link ServerOptions#grace} are
     * cut off. Closing twice is harmless.
     */
    @Override public void close() {
        int left = gate.close(options.grace);
        if (left > 0) LOG.warn("{} requests were not answered within {} and are cut off", left, options.grace);
        if (grpc != null) grpc.close();
        server.stop();
        patience.close();
    }
}
