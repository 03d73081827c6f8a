package panatorch;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Frees a tensor that became garbage. Its value is the tensor's reference, 0 before it is armed, or {@link #DISARMED}. */
final class Backstop extends AtomicLong implements Runnable {
    private static final long serialVersionUID = 1, DISARMED = -1;
    private final transient Cleaner.Cleanable cleanable;
    private final transient @Nullable Throwable site;
    private final long bytes;

    /** @param bytes size of the tensor's memory */
    Backstop(Tensor t, long bytes) {
        this.bytes = bytes;
        UnscopedMemory.add(bytes);
        site = LiveTensors.openedAt(t);
        cleanable = LiveTensors.CLEANER.register(t, this);
    }

    @Override public void run() {
        long i = getAndSet(DISARMED);
        if (i == 0 || i == DISARMED) return;
        UnscopedMemory.collected(bytes);
        Tensor.free(i);
        LiveTensors.collected(site);
    }

    void arm(long impl) { compareAndSet(0, impl); }

    /** Disarms this backstop and returns the reference, which the caller must now free. */
    long disarm(long impl) {
        long armed = getAndSet(DISARMED);
        if (armed != DISARMED) UnscopedMemory.remove(bytes);
        cleanable.clean();
        return armed == 0 ? impl : armed;
    }
}
