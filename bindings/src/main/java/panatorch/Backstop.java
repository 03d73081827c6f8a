package panatorch;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Frees a tensor that became garbage. Holds its reference, 0 before it is armed, or {@link #DISARMED}. */
final class Backstop extends AtomicLong implements Runnable {
    private static final long serialVersionUID = 1, DISARMED = -1;
    private final transient Cleaner.Cleanable cleanable;
    private final transient @Nullable Throwable site;
    private final long bytes;

    /** @param bytes what the tensor takes */
    Backstop(Tensor t, long bytes) {
        this.bytes = bytes;
        UnscopedMemory.add(bytes);
        site = LiveTensors.openedAt(t);
        cleanable = LiveTensors.CLEANER.register(t, this);
    }

    @Override public void run() {
        long i = getAndSet(DISARMED);
        if (i == 0 || i == DISARMED) return;
        UnscopedMemory.remove(bytes);
        Tensor.free(i);
        LiveTensors.collected(site);
    }

    void arm(long impl) { compareAndSet(0, impl); }

    /** The reference {@code impl}, which is the caller's to free now. */
    long disarm(long impl) {
        long armed = getAndSet(DISARMED);
        if (armed != DISARMED) UnscopedMemory.remove(bytes);
        cleanable.clean();
        return armed == 0 ? impl : armed;
    }
}
