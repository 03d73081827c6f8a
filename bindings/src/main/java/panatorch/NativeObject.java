package panatorch;

import java.util.concurrent.atomic.AtomicLong;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;
import panatorch.internal.threads.TensorReaders;

/**
 * An opaque value of libtorch that operators return and take: a storage, a stream, an object of a custom class. {@link #close} frees it;
 * otherwise the garbage collector does, late. Any thread may use it.
 */
public final class NativeObject implements AutoCloseable {
    private final int tag;
    private final AtomicLong object;
    private final java.lang.ref.Cleaner.Cleanable cleanable;

    NativeObject(int tag, long object) {
        this.tag = tag;
        var owned = new AtomicLong(object);
        this.object = owned;
        this.cleanable = LiveTensors.CLEANER.register(this, () -> {
            long o = owned.getAndSet(0);
            if (o == 0 || Tag.plain(tag)) return;
            TensorReaders.await();
            Call call = Call.releasing();
            call.release(tag, o);
            call.end();
        });
    }

    int tag() { return tag; }

    /** @throws IllegalStateException if closed */
    long object() {
        long o = object.get();
        if (o == 0 && !Tag.plain(tag)) throw new IllegalStateException("this native object is closed");
        return o;
    }

    /** Returns {@link #object} with one more reference, which the caller owns. */
    long retained() {
        TensorReaders readers = ThreadContext.current().caller.readers;
        int reading = readers.enter();
        try {
            long o = object();
            if (!Tag.plain(tag)) References.retain(o);
            return o;
        } finally {
            readers.leave(reading);
        }
    }

    /** Frees the value. Closing twice is harmless. */
    @Override public void close() { cleanable.clean(); }
}
