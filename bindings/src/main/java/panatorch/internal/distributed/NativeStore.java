package panatorch.internal.distributed;

import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.ByteVector;
import org.bytedeco.pytorch.FileStore;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import panatorch.JavaCpp;
import panatorch.internal.libtorch.References;

/**
 * One of libtorch's key-value stores. It owns one reference to the native store. Any thread may call it. A call may block for as long as
 * the network does, so that callers need a deadline of their own.
 */
public final class NativeStore implements AutoCloseable {
    private final Store store;
    private final int port;

    private NativeStore(Store store, int port) {
        this.store = store;
        this.port = port;
    }

    /**
     * Connects to a store that a process serves.
     *
     * @param port the server's port; a server that is given 0 chooses one
     * @param ranks the number of ranks that a server in Python waits for, among which it counts this client; 0 if nobody waits
     */
    public static NativeStore tcp(String host, int port, boolean serve, int ranks, long timeoutMillis) {
        return JavaCpp.call(() -> {
            try (var options = new TCPStoreOptions(); var workers = new SizeTPointer(1); var timeout = new Milliseconds(timeoutMillis)) {
                options.port((short) port).isServer(serve).timeout(timeout).waitWorkers(ranks > 0);
                if (ranks > 0) options.numWorkers(workers.put(ranks));
                var store = new TCPStore(host, options);
                return new NativeStore(counted(store), store.getPort() & 0xffff);
            }
        });
    }

    /** Opens a store in a file, which all ranks reach. */
    public static NativeStore file(String file, int ranks) {
        return JavaCpp.call(() -> new NativeStore(counted(new FileStore(file, ranks)), 0));
    }

    /** Returns a view of this store that puts {@code prefix} and a slash before each key. It has a reference of its own. */
    public NativeStore prefixed(String prefix) {
        return JavaCpp.call(() -> new NativeStore(counted(new PrefixStore(prefix, store)), port));
    }

    /**
     * Returns a store that JavaCPP counts. Its constructors of stores count no reference, and the second use of such an object would end
     * the process. A {@code PrefixStore} hands out a counted one. The reference that JavaCPP made of the raw one is given back.
     */
    private static Store counted(Store raw) {
        long object = raw.address();
        var prefix = new PrefixStore("", raw);
        Store counted = prefix.getUnderlyingStore();
        prefix.close(); // nobody else refers to it, and it gives back its own reference
        while (References.count(object) > 1) References.releaseShared(object);
        return counted;
    }

    Store store() { return store; }

    /** Returns the port of a TCP store. */
    public int port() { return port; }

    public void set(String key, byte[] value) {
        JavaCpp.run(() -> {
            try (var bytes = vector(value)) {
                store.set(key, bytes);
            }
        });
    }

    /** Returns the value of a key that exists; otherwise libtorch waits for it. */
    public byte[] get(String key) {
        return JavaCpp.call(() -> {
            try (var bytes = store.get(key)) {
                return bytes(bytes);
            }
        });
    }

    /** Sets a key to {@code value} unless it exists, and returns the value that it has then. */
    public byte[] setIfAbsent(String key, byte[] value) {
        return JavaCpp.call(() -> {
            try (var none = new ByteVector(); var bytes = vector(value); var now = store.compareSet(key, none, bytes)) {
                return bytes(now);
            }
        });
    }

    public long add(String key, long amount) {
        return JavaCpp.call(() -> store.add(key, amount));
    }

    /** Returns whether all keys exist. */
    public boolean has(String... keys) {
        return JavaCpp.call(() -> {
            try (var names = new StringVector(keys)) {
                return store.check(names);
            }
        });
    }

    /** Deletes a key, and returns whether it existed. libtorch reports true for every key of a store in a file. */
    public boolean delete(String key) {
        return JavaCpp.call(() -> {
            try (var names = new StringVector(key)) {
                boolean existed = store.check(names);
                if (existed) store.deleteKey(key);
                return existed;
            }
        });
    }

    public long size() {
        return JavaCpp.call(store::getNumKeys);
    }

    private static ByteVector vector(byte[] value) {
        var bytes = new ByteVector((long) value.length);
        for (int i = 0; i < value.length; i++) bytes.put(i, value[i]);
        return bytes;
    }

    private static byte[] bytes(ByteVector vector) {
        var bytes = new byte[(int) vector.size()];
        for (int i = 0; i < bytes.length; i++) bytes[i] = vector.get(i);
        return bytes;
    }

    /** Gives back the reference. A server ends with the last one. Call it once, when no other call runs. */
    @Override public void close() {
        JavaCpp.run(store::close);
    }
}
