package panatorch.distributed;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import panatorch.TorchException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.internal.distributed.NativeStore;

/**
 * A table of keys and values that all ranks share: {@code torch.distributed.Store}. Process groups find their ranks through it.
 *
 * <pre>{@code
 * try (var store = Store.tcp("node0", 29500, rank == 0, Duration.ofMinutes(1))) {
 *     if (rank == 0) store.set("seed", new byte[] {42});
 *     byte[] seed = store.get("seed");                   // waits until rank 0 has set it
 * }
 * }</pre>
 *
 * <p>
 * Every call has the store's timeout as its deadline, and can be interrupted. Any thread may call. A store owns a connection and, if it
 * serves, the table; {@link #close} frees both. A process group keeps what it needs of a store that is closed.
 */
public final class Store implements AutoCloseable {
    private static final long SHORTEST_PAUSE_MILLIS = 1, LONGEST_PAUSE_MILLIS = 20;

    private final NativeStore store;
    private final String name, host;
    private final Duration timeout;
    private int calls;
    private boolean closed;

    private Store(NativeStore store, String name, String host, Duration timeout) {
        this.store = store;
        this.name = name;
        this.host = host;
        this.timeout = timeout;
    }

    /**
     * Serves a store, or connects to one that another process serves.
     *
     * @param host the server's name or address, also for the server itself
     * @param port the server's port, or 0 for a server that chooses a free one, which {@link #port} tells
     * @param serve whether this process keeps the table
     * @param timeout the longest time that a call may take, and that a client waits for the server to start
     * @throws DistributedException if the port is taken, or there is no server before the timeout
     * @throws IllegalArgumentException if the port or the timeout is out of range
     */
    public static Store tcp(String host, int port, boolean serve, Duration timeout) throws InterruptedException {
        return tcp(host, port, serve, 0, timeout);
    }

    /** @param ranks the number of ranks, if a server in Python counts its clients, or 0 */
    static Store tcp(String host, int port, boolean serve, int ranks, Duration timeout) throws InterruptedException {
        if (port < 0 || port > 0xffff || port == 0 && !serve)
            throw new IllegalArgumentException("the port of a store must be from 1 to 65535, or 0 for a server, not " + port);
        String name = "the store at " + host + ":" + port;
        var opened = open(name, serve ? "cannot be served here; is the port taken?" : "is not reachable; is rank 0 running there?", timeout,
                () -> NativeStore.tcp(host, port, serve, ranks, timeout.toMillis()));
        return new Store(opened, "the store at " + host + ":" + opened.port(), host, timeout);
    }

    /**
     * Opens a store in a file, which is created if it does not exist. The file must be a new one for each run.
     *
     * @param file a file that all ranks reach, and can lock
     * @param ranks the number of ranks
     * @param timeout the longest time that a call may take
     * @throws IllegalArgumentException if the number of ranks or the timeout is not positive
     */
    public static Store file(Path file, int ranks, Duration timeout) throws InterruptedException {
        if (ranks < 1) throw new IllegalArgumentException("the number of ranks must be at least 1, not " + ranks);
        String name = "the store in " + file;
        return new Store(open(name, "cannot be opened", timeout, () -> NativeStore.file(file.toString(), ranks)), name, "", timeout);
    }

    private static NativeStore open(String name, String problem, Duration timeout, Callable<NativeStore> open) throws InterruptedException {
        if (timeout.toMillis() < 1) throw new IllegalArgumentException("a timeout must be at least 1 ms, not " + timeout);
        try {
            return Deadlines.call("Opening " + name, timeout.plusSeconds(1), open);
        } catch (DistributedException e) {
            throw e;
        } catch (TorchException e) {
            throw new DistributedException(Reason.RENDEZVOUS, name + " " + problem + " libtorch says: " + e.getMessage(), List.of(), e);
        }
    }

    /** Returns a view of this store whose keys do not collide with others: it puts {@code prefix} and a slash before them. */
    public Store prefixed(String prefix) throws InterruptedException {
        return new Store(call("prefixed", () -> store.prefixed(prefix)), name, host, timeout);
    }

    /** Returns the longest time that a call may take. */
    public Duration timeout() { return timeout; }

    /** Returns the port of a TCP store; 0 for a file. */
    public int port() { return store.port(); }

    /** Returns the server's name or address; empty for a file. */
    String host() { return host; }

    /** Sets a key, whether it exists or not. */
    public void set(String key, byte[] value) throws InterruptedException {
        byte[] copy = value.clone();
        call("set '" + key + "'", () -> {
            store.set(key, copy);
            return true;
        });
    }

    /** Sets a key unless it exists, and returns the value that it has then. An existing value must not be empty. */
    public byte[] setIfAbsent(String key, byte[] value) throws InterruptedException {
        byte[] copy = value.clone();
        return call("set '" + key + "' if absent", () -> store.setIfAbsent(key, copy));
    }

    /**
     * Returns the value of a key, and waits until it exists.
     *
     * @throws DistributedException if it does not exist before the timeout
     */
    public byte[] get(String key) throws InterruptedException {
        await(timeout, key);
        return call("get '" + key + "'", () -> store.get(key));
    }

    /** Adds to a number, which is 0 at first, and returns the sum. */
    public long add(String key, long amount) throws InterruptedException {
        return call("add to '" + key + "'", () -> store.add(key, amount));
    }

    /** Returns whether all keys exist. */
    public boolean has(String... keys) throws InterruptedException {
        return call("look for " + Arrays.toString(keys), () -> store.has(keys));
    }

    /**
     * Waits until all keys exist.
     *
     * @throws DistributedException if some do not exist before the timeout; the message names them
     */
    public void await(Duration timeout, String... keys) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        // libtorch's own wait can neither be interrupted, nor does it let other threads use the store.
        for (long pause = SHORTEST_PAUSE_MILLIS; !has(keys); pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS)) {
            if (System.nanoTime() > end)
                throw new DistributedException(Reason.TIMEOUT,
                        name + " has no " + missing(keys) + " after " + timeout.toMillis() + " ms");
            Thread.sleep(pause);
        }
    }

    private List<String> missing(String... keys) throws InterruptedException {
        var missing = new ArrayList<String>();
        for (String key : keys) if (!has(key)) missing.add(key);
        return missing;
    }

    /** Deletes a key, and returns whether it existed. */
    public boolean delete(String key) throws InterruptedException {
        return call("delete '" + key + "'", () -> store.delete(key));
    }

    /** Returns the number of keys, of all prefixes and with those that libtorch itself sets. */
    public long numKeys() throws InterruptedException {
        return call("count the keys", store::size);
    }

    /**
     * Runs a call of the native store with the deadline.
     *
     * @throws DistributedException if the store fails or does not answer
     * @throws IllegalStateException if this store is closed
     */
    <T> T call(String what, Callable<T> call) throws InterruptedException {
        synchronized (this) {
            if (closed) throw new IllegalStateException(name + " is closed");
            calls++;
        }
        try {
            return Deadlines.call("'" + what + "' of " + name, timeout, () -> {
                try {
                    return call.call();
                } finally {
                    ended();
                }
            });
        } catch (DistributedException e) {
            throw e;
        } catch (TorchException e) {
            throw new DistributedException(Reason.PEER_LOST, name + " failed in '" + what + "': " + e.getMessage(), List.of(), e);
        }
    }

    NativeStore natives() { return store; }

    private synchronized void ended() {
        if (--calls == 0 && closed) store.close();
    }

    /** Closes the connection once no call runs any more. Closing twice is harmless. */
    @Override public synchronized void close() {
        if (closed) return;
        closed = true;
        if (calls == 0) store.close();
    }

    @Override public String toString() { return name; }
}
