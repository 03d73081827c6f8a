package panatorch.serve.http;

import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The open connections, of which those end that let the server wait: for the head of the first request, with the handshake of TLS before
 * it, or for that of the next one. Helidon itself waits for a head as long as its client likes. While a request is being answered, its
 * connection has no limit here.
 */
final class Connections implements Filter {
    private final long headNanos, idleNanos;
    private final ConcurrentMap<SocketAddress, Connection> byAddress = new ConcurrentHashMap<>();

    Connections(Duration head, Duration idle) {
        headNanos = head.toNanos();
        idleNanos = idle.toNanos();
    }

    private static final class Connection {
        private final SocketChannel channel;
        private long since = System.nanoTime(), limit;
        private int requests;

        Connection(SocketChannel channel, long limit) {
            this.channel = channel;
            this.limit = limit;
        }

        synchronized void begin() { requests++; }

        synchronized void end(long idle) {
            requests--;
            since = System.nanoTime();
            limit = idle;
        }

        /** Returns whether the connection is over. The lock keeps a request from beginning meanwhile. */
        synchronized boolean isOver(long now) {
            if (channel.isOpen() && (requests > 0 || now - since <= limit)) return false;
            try {
                channel.close(); // ends a read of it, too
            } catch (IOException _) {
                // there is nothing left to close
            }
            return true;
        }
    }

    /** Returns options for sockets that also tell of every new connection. */
    SocketOptions options(SocketOptions others) {
        return new ObservedOptions(others, this::accepted);
    }

    private void accepted(SocketChannel channel) {
        try {
            byAddress.put(channel.getRemoteAddress(), new Connection(channel, headNanos));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Connection c = byAddress.get(request.remotePeer().address());
        if (c == null) {
            chain.proceed(); // it was ended a moment ago
            return;
        }
        c.begin();
        try {
            chain.proceed();
        } finally {
            c.end(idleNanos);
        }
    }

    /** Ends the connections whose time is over, and forgets those that are closed. */
    void sweep(long now) {
        byAddress.values().removeIf(c -> c.isOver(now));
    }
}
