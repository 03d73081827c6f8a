package panatorch;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.OperatorHandle;

/** Recovery from a lack of native memory: frees the memory of garbage tensors, and decides whether an operator can be called once more. */
final class OutOfMemory {
    private OutOfMemory() {}

    /** Matches the out-of-memory messages of the allocators of the CPU and CUDA, of CUDA itself and of C++. */
    private static final Pattern SAID =
            Pattern.compile("DefaultCPUAllocator: (can't allocate|not enough) memory|out of memory|^std::bad_alloc");
    /** The longest time that a failing operator waits for the garbage collector. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int POLL_MILLIS = 10;

    static boolean in(String message) { return SAID.matcher(message).find(); }

    /**
     * Returns whether the operator can be called again with the same arguments: it has no effect other than its results.
     */
    static boolean repeatable(OperatorHandle operator) {
        var schema = operator.schema();
        return !schema.is_mutable() && schema.returns() != null;
    }

    /** Waits until the Cleaner has freed the tensors that are garbage now, and returns their number. */
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
