package panatorch;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.OperatorHandle;

/** What is done when libtorch finds no memory: that of garbage is freed, and the operator tried once more if that is safe. */
final class OutOfMemory {
    private OutOfMemory() {}

    /** As the allocators of the CPU and of CUDA, CUDA itself and C++ say it. */
    private static final Pattern SAID = Pattern.compile("DefaultCPUAllocator: (can't allocate|not enough) memory|out of memory|^std::bad_alloc");
    /** How long an operator that fails anyway waits for the garbage collector. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int POLL_MILLIS = 10;

    static boolean in(String message) { return SAID.matcher(message).find(); }

    /** Whether another call with the same arguments does what the first one would have done: it must have had no effect but its results. */
    static boolean repeatable(OperatorHandle operator) {
        var schema = operator.schema();
        return !schema.is_mutable() && schema.returns() != null;
    }

    /** Waits until the Cleaner has freed the tensors that are garbage now, and says how many they were. */
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
