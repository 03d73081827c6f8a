package panatorch;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.OperatorHandle;

/** Recovery from a lack of native memory: frees the memory of garbage tensors, and decides whether the operator can be called once more. */
final class OutOfMemory {
    private OutOfMemory() {}

    /** Matches the messages of the CPU's and CUDA's allocators, of CUDA itself and of C++. */
    private static final Pattern SAID =
            Pattern.compile("DefaultCPUAllocator: (can't allocate|not enough) memory|out of memory|^std::bad_alloc");
    /** The longest wait of a failing operator for the garbage collector. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int POLL_MILLIS = 10;

    static boolean in(String message) { return SAID.matcher(message).find(); }

    /**
     * Returns whether a second call with the same arguments does what the first would have done: the operator has no effect but its
     * results.
     */
    static boolean repeatable(OperatorHandle operator) {
        var schema = operator.schema();
        return !schema.is_mutable() && schema.returns() != null;
    }

    /** Waits until the Cleaner has freed the tensors that are garbage now, and returns how many they were. */
    static synchronized long freeGarbage() {
        long before = LiveTensors.collected(), deadline = System.nanoTime() + PATIENCE.toNanos();
        var collected = new CountDownLatch(1);
        LiveTensors.CLEANER.register(new Object(), collected::countDown);
        System.gc();
        try {
            // The Cleaner does not work in order, so the one object that was seen may be the first of many.
            boolean working = collected.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            while (working && System.nanoTime() < deadline) {
                long freed = LiveTensors.collected();
                Thread.sleep(POLL_MILLIS);
                working = LiveTensors.collected() > freed;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return LiveTensors.collected() - before;
    }
}
