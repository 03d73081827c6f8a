package panatorch.serve.grpc;

import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerStreamTracer;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import panatorch.serve.http.internal.GrpcServer;
import panatorch.serve.http.internal.GrpcServerProvider;
import panatorch.serve.http.internal.GrpcSettings;

/**
 * Starts servers of grpc-java, whose calls run on virtual threads. Sockets and encryption are those of the JDK: the native libraries in
 * Netty's jar would be unpacked and loaded at the start. Messages are read by {@link ProtoReader}, so that bytes become tensors without a
 * copy between, and no generated classes are needed.
 */
public final class GrpcServers implements GrpcServerProvider {
    private static final int MAX_SOCKET_THREADS = 4, WINDOW = 1 << 20, MAX_CALLS = 4096, KEEP_ALIVE_SECONDS = 10;
    private static final String NO_UNSAFE = "io.grpc.netty.shaded.io.netty.noUnsafe";

    /** Otherwise each connection that speaks another protocol leaves a stack trace in the log. The reference keeps the level. */
    private static final Logger CONNECTIONS = Logger.getLogger("io.grpc.netty.shaded.io.grpc.netty.NettyServerTransport.connections");

    static {
        if (CONNECTIONS.getLevel() == null) CONNECTIONS.setLevel(Level.WARNING);
        // The JDK warns of what Netty does without this, on standard error.
        if (System.getProperty(NO_UNSAFE) == null) System.setProperty(NO_UNSAFE, "true");
    }

    @Override public GrpcServer start(GrpcSettings settings) throws IOException {
        SslContext tls = tls(settings);
        int processors = Math.min(MAX_SOCKET_THREADS, Runtime.getRuntime().availableProcessors());
        EventLoopGroup sockets = new MultiThreadIoEventLoopGroup(processors, new DefaultThreadFactory("gRPC sockets", true),
                NioIoHandler.newFactory());
        ExecutorService calls = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("gRPC call ", 0).factory());
        var alarms = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name("slow gRPC senders").daemon().factory());
        alarms.setRemoveOnCancelPolicy(true);
        NettyServerBuilder builder = NettyServerBuilder.forAddress(new InetSocketAddress(settings.address(), settings.port()))
                .bossEventLoopGroup(sockets).workerEventLoopGroup(sockets)
                .channelFactory(() -> new LimitedServerChannel(settings.maxConnections()))
                .executor(calls)
                .flowControlWindow(WINDOW)
                .maxConcurrentCallsPerConnection(MAX_CALLS)
                .maxInboundMetadataSize(settings.maxHeader())
                .maxInboundMessageSize(Integer.MAX_VALUE) // CallMemory has the limit, and a sentence for it
                .permitKeepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS).permitKeepAliveWithoutCalls(true)
                // Compressed messages are refused: a short one may become a long one.
                .decompressorRegistry(DecompressorRegistry.emptyInstance().with(Codec.Identity.NONE, true))
                .addStreamTracerFactory(new ServerStreamTracer.Factory() {
                    @Override public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                        return new CallMemory(settings.memory(), alarms, settings.messageTimeout());
                    }
                })
                .intercept(new CallGuard(settings.access()))
                .addService(new Methods(settings.service(), settings.maxTensors()).definition());
        if (tls != null) builder.sslContext(tls);
        Server server = builder.build();
        var started = new Started(server, sockets, calls, alarms);
        try {
            server.start();
            return started;
        } catch (IOException | RuntimeException e) {
            started.close();
            throw e;
        }
    }

    private static @Nullable SslContext tls(GrpcSettings settings) throws SSLException {
        Path chain = settings.certificate(), key = settings.key(), authority = settings.clientAuthority();
        if (chain == null || key == null) return null;
        SslContextBuilder tls = SslContextBuilder.forServer(chain.toFile(), key.toFile());
        if (authority != null) tls.trustManager(authority.toFile()).clientAuth(ClientAuth.REQUIRE);
        return GrpcSslContexts.configure(tls, SslProvider.JDK).build();
    }

    private record Started(Server server, EventLoopGroup sockets, ExecutorService calls, ScheduledThreadPoolExecutor alarms)
            implements
                GrpcServer {
        @Override public int port() { return server.getPort(); }

        @Override public void close() {
            server.shutdown();
            try {
                if (!server.awaitTermination(1, TimeUnit.SECONDS)) server.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
                calls.shutdown();
                calls.awaitTermination(1, TimeUnit.SECONDS); // those that were cut off still tell that to the sockets' threads
            } catch (InterruptedException e) {
                server.shutdownNow();
                Thread.currentThread().interrupt();
            }
            sockets.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
            calls.shutdownNow();
            alarms.shutdownNow();
        }
    }
}
