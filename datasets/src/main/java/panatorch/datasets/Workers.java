package panatorch.datasets;

import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import panatorch.Torch;
import org.jspecify.annotations.Nullable;

/**
 * The threads that prepare batches, shared by all loaders. No thread belongs to an epoch, and none waits for one: an idle thread takes up
 * the work of any epoch, and ends if there is none for a second.
 */
final class Workers {
    private static final SynchronousQueue<Runnable> HANDED_OVER = new SynchronousQueue<>();
    private static final AtomicLong STARTED = new AtomicLong();

    private Workers() {}

    /**
     * Runs {@code task} at once on a thread of its own. Its operators use one core, and its context class loader is the caller's.
     *
     * @param task must not throw
     */
    static void begin(Runnable task) {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        Runnable work = () -> {
            Thread.currentThread().setContextClassLoader(context);
            task.run();
            Thread.currentThread().setContextClassLoader(null);
        };
        if (HANDED_OVER.offer(work)) return;
        Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false).name("panatorch-loader-" + STARTED.getAndIncrement())
                .start(() -> run(work));
    }

    private static void run(Runnable first) {
        // A second team of OpenMP threads costs the training thread far more than the work itself: on two cores it added 3 ms instead
        // of 1 ms to a step of 15 ms.
        Torch.limitThisThread(1);
        for (Runnable work = first; work != null; work = next()) work.run();
    }

    private static @Nullable Runnable next() {
        for (;;) {
            try {
                return HANDED_OVER.poll(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                // The interrupt was meant for work that has ended.
            }
        }
    }
}
