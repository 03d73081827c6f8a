package panatorch.serve.http;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Options of {@link ModelServer}. Each method returns changed options.
 *
 * <pre>{@code ServerOptions.standard().port(8000).token(secret).maxBody(16 << 20)}</pre>
 */
public final class ServerOptions {
    String host = "127.0.0.1";
    int port = 8000;
    /** The port for gRPC; −1 for none. */
    int grpcPort = -1;
    byte @Nullable [] token;
    @Nullable
    Path certificate, key, clientAuthority;
    int maxBody = 64 << 20;
    int maxHeader = 16 << 10;
    int maxTensors = 256;
    int maxDepth = 64;
    int maxConnections = 4096;
    Duration headTimeout = Duration.ofSeconds(30);
    Duration idleTimeout = Duration.ofSeconds(120);
    Duration bodyTimeout = Duration.ofSeconds(60);
    Duration grace = Duration.ofSeconds(30);
    @Nullable
    Supplier<String> metrics;
    @Nullable
    ModelLoader loader;
    @Nullable
    MediaReader media;
    BooleanSupplier ready = () -> true;

    /** Loads models when a client asks for it. */
    @FunctionalInterface
    public interface ModelLoader {
        /**
         * Loads a model into the server's repository, or loads it again.
         *
         * @throws java.util.NoSuchElementException if there is none of that name
         * @throws Exception if it cannot be loaded; what was there goes on
         */
        void load(String name) throws Exception;
    }

    private ServerOptions() {}

    /**
     * Returns the options without any changes: port 8000 of the loopback interface, no token and no encryption, bodies of up to 64 MiB,
     * headers of 16 KiB, 256 tensors, 64 levels of JSON, 4096 connections, 30 seconds for the headers of a connection's first request and
     * two minutes for those of the next one, a minute for a body, 30 seconds for what has begun at the end.
     */
    public static ServerOptions standard() { return new ServerOptions(); }

    private ServerOptions with(Consumer<ServerOptions> change) {
        var o = new ServerOptions();
        o.host = host;
        o.port = port;
        o.grpcPort = grpcPort;
        o.token = token;
        o.certificate = certificate;
        o.key = key;
        o.clientAuthority = clientAuthority;
        o.maxBody = maxBody;
        o.maxHeader = maxHeader;
        o.maxTensors = maxTensors;
        o.maxDepth = maxDepth;
        o.maxConnections = maxConnections;
        o.headTimeout = headTimeout;
        o.idleTimeout = idleTimeout;
        o.bodyTimeout = bodyTimeout;
        o.grace = grace;
        o.metrics = metrics;
        o.loader = loader;
        o.media = media;
        o.ready = ready;
        change.accept(o);
        return o;
    }

    private static int atLeast(int least, int value, String what) {
        if (value < least) throw new IllegalArgumentException(what + " has to be at least " + least + ", not " + value);
        return value;
    }

    /** Sets the name or address of the interface that the server listens on; {@code 0.0.0.0} is all of them. */
    public ServerOptions host(String host) {
        return with(o -> o.host = host);
    }

    /**
     * Sets the port.
     *
     * @param port a port, or 0 for one that is free
     */
    public ServerOptions port(int port) {
        return with(o -> o.port = checked(port));
    }

    private static int checked(int port) {
        if (port < 0 || port > 65_535) throw new IllegalArgumentException("a port has to be from 0 to 65535, not " + port);
        return port;
    }

    /**
     * Answers the protocol over gRPC, too, on another port of the same interface, with the same token, certificates and limits. It needs
     * the artifact {@code panatorch-serve-grpc}.
     *
     * @param port a port, or 0 for one that is free; 8001 is usual
     */
    public ServerOptions grpc(int port) {
        return with(o -> o.grpcPort = checked(port));
    }

    /**
     * Sets a secret that clients send in the header {@code Authorization: Bearer TOKEN}. Only the page at {@code /} and the health of the
     * server are there without it.
     */
    public ServerOptions token(String token) {
        if (token.isBlank()) throw new IllegalArgumentException("a token cannot be blank");
        return with(o -> o.token = token.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Encrypts connections (TLS).
     *
     * @param chain file in PEM format with the server's certificate, and those between it and an authority
     * @param key file in PEM format with its private key (PKCS #8), not encrypted
     */
    public ServerOptions tls(Path chain, Path key) {
        return with(o -> {
            o.certificate = chain;
            o.key = key;
        });
    }

    /**
     * Asks clients for a certificate (mutual TLS). It needs {@link #tls}.
     *
     * @param authority file in PEM format with the certificates of the authorities that clients' certificates are signed by
     */
    public ServerOptions clientCertificates(Path authority) { return with(o -> o.clientAuthority = authority); }

    /** Sets the greatest number of bytes of a request's body. */
    public ServerOptions maxBody(int bytes) {
        atLeast(1, bytes, "the greatest body");
        return with(o -> o.maxBody = bytes);
    }

    /** Sets the greatest number of bytes of a request's headers. */
    public ServerOptions maxHeader(int bytes) {
        atLeast(1024, bytes, "the greatest header");
        return with(o -> o.maxHeader = bytes);
    }

    /** Sets the greatest number of inputs, and of outputs, that a request may name. */
    public ServerOptions maxTensors(int tensors) {
        atLeast(1, tensors, "the greatest number of tensors");
        return with(o -> o.maxTensors = tensors);
    }

    /** Sets how deep the objects and arrays of a request's JSON may be nested. */
    public ServerOptions maxDepth(int depth) {
        atLeast(8, depth, "the greatest depth");
        return with(o -> o.maxDepth = depth);
    }

    /**
     * Sets how long a new connection may take until the first line and headers of its first request are there, with the handshake of TLS.
     * Then it is closed.
     */
    public ServerOptions headTimeout(Duration timeout) {
        positive(timeout, "the time for a request's headers");
        return with(o -> o.headTimeout = timeout);
    }

    /**
     * Sets how long a connection may be idle: the first line and headers of its next request have to be there by then, counted from the
     * answer before.
     */
    public ServerOptions idleTimeout(Duration timeout) {
        positive(timeout, "the time of an idle connection");
        return with(o -> o.idleTimeout = timeout);
    }

    /** Sets how long the body of a request may take to arrive, and how long a client may take to receive an answer over HTTP. */
    public ServerOptions bodyTimeout(Duration timeout) {
        positive(timeout, "the time for a body");
        return with(o -> o.bodyTimeout = timeout);
    }

    private static void positive(Duration timeout, String what) {
        if (timeout.toMillis() < 1) throw new IllegalArgumentException(what + " has to be at least a millisecond, not " + timeout);
    }

    /** Sets the greatest number of connections; further ones wait. */
    public ServerOptions maxConnections(int connections) {
        atLeast(1, connections, "the greatest number of connections");
        return with(o -> o.maxConnections = connections);
    }

    /** Sets how long {@link ModelServer#close} waits for requests that have begun. */
    public ServerOptions grace(Duration grace) {
        atLeast(0, (int) Math.min(Integer.MAX_VALUE, grace.toMillis()), "the time for requests that have begun");
        return with(o -> o.grace = grace);
    }

    /** Answers {@code /metrics} with a text in Prometheus' format. */
    public ServerOptions metrics(Supplier<String> text) {
        return with(o -> o.metrics = text);
    }

    /** Lets clients load and unload models. Without a loader they can do neither. */
    public ServerOptions loader(ModelLoader loader) {
        return with(o -> o.loader = loader);
    }

    /** Lets clients send images and texts in place of tensors. */
    public ServerOptions media(MediaReader media) {
        return with(o -> o.media = media);
    }

    /** Sets a further condition of being ready, for example that all models of a folder have been loaded. */
    public ServerOptions ready(BooleanSupplier condition) {
        return with(o -> o.ready = condition);
    }
}
