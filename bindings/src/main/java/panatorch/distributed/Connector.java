package panatorch.distributed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import panatorch.distributed.DistributedException.Reason;
import panatorch.internal.distributed.NativeGroup;
import panatorch.internal.distributed.NativeGroup.Route;

/** Connects the ranks of a group, each to all others. */
final class Connector {
    private static final long SLICE_MILLIS = 100;

    private final Membership members;
    private final Duration timeout;
    private final Route route;

    /** @param network the network interface; null for that of {@code GLOO_SOCKET_IFNAME}, or else that of the route to the store */
    Connector(Store store, Membership members, Duration timeout, @Nullable String network) {
        this.members = members;
        this.timeout = timeout;
        route = route(store, network != null ? network : System.getenv("GLOO_SOCKET_IFNAME"));
    }

    /** Gloo's own choice is the address of the host name, which often is 127.0.0.1. */
    private static Route route(Store store, @Nullable String network) {
        if (network != null || store.host().isEmpty()) return new Route(network, null);
        try (var socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(store.host(), store.port()));
            return new Route(null, socket.getLocalAddress().getHostAddress());
        } catch (IOException | UncheckedIOException e) {
            return new Route(null, null);
        }
    }

    /**
     * Connects to all ranks, and stops waiting if another rank has published a failure.
     *
     * @param store store of the group
     * @param backend store in which Gloo exchanges addresses
     * @throws DistributedException if not all ranks join before the timeout
     */
    NativeGroup connect(Store store, Store backend) throws InterruptedException {
        var connecting = Deadlines.start(() -> new NativeGroup(store.natives(), backend.natives(), members.rank, members.ranks,
                timeout.toMillis(), route));
        long end = System.nanoTime() + timeout.plusSeconds(1).toNanos();
        while (true) {
            try {
                return connecting.get(SLICE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                DistributedException other = members.published();
                if (other != null) throw other;
                if (System.nanoTime() > end) throw notJoined(e);
            } catch (ExecutionException e) {
                DistributedException other = members.published();
                throw other != null ? other : notJoined(e.getCause());
            }
        }
    }

    /**
     * Waits until all ranks have connected to all others. A rank that leaves the group at once would else break connections that others
     * still make.
     *
     * @throws DistributedException if not all ranks connect before the timeout
     */
    void awaitOthers() throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        members.connected();
        while (!members.allConnected()) {
            DistributedException other = members.published();
            if (other != null) throw other;
            if (System.nanoTime() > end) throw notJoined(null);
            Thread.sleep(2);
        }
    }

    private DistributedException notJoined(@Nullable Throwable cause) throws InterruptedException {
        List<Integer> absent = members.absent();
        return members.publish(Reason.RENDEZVOUS, "Not all of " + members.ranks + " ranks joined the group (timeout " + timeout.toMillis()
                + " ms); missing" + (absent.isEmpty() ? " are connections" : ": ranks " + absent)
                + (cause == null ? "" : ". " + cause.getMessage()),
                absent, cause);
    }
}
