package panatorch.serve.http;

import io.helidon.common.socket.SocketOptions;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Options of sockets, with an observer of each one that Helidon accepts. Helidon has no other place to learn of it. */
record ObservedOptions(SocketOptions options, Consumer<SocketChannel> observer) implements SocketOptions {
    @Override public void configureSocket(SocketChannel socket) {
        options.configureSocket(socket);
        observer.accept(socket);
    }

    @Override public Map<SocketOption<?>, Object> socketOptions() { return options.socketOptions(); }

    @Override public Duration connectTimeout() { return options.connectTimeout(); }

    @Override public Duration readTimeout() { return options.readTimeout(); }

    @Override public Optional<Integer> socketReceiveBufferSize() { return options.socketReceiveBufferSize(); }

    @Override public Optional<Integer> socketSendBufferSize() { return options.socketSendBufferSize(); }

    @Override public boolean socketReuseAddress() { return options.socketReuseAddress(); }

    @Override public boolean socketKeepAlive() { return options.socketKeepAlive(); }

    @Override public boolean tcpNoDelay() { return options.tcpNoDelay(); }
}
