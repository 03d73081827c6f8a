package panatorch.datasets;

import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import panatorch.Torch;
import org.jspecify.annotations.Nullable;

/**
 * The threads that prepare batches, of all loaders together. No thread belongs to an epoch and none waits for one: whoever has nothing to do takes up
 * another's work, or ends after a second.
 */
final class Workers {
    private static final SynchronousQueue<Runnable> HANDED_OVER = new SynchronousQueue<>();
    private static final AtomicLong STARTED = new AtomicLong();

    private Workers() {}

    /** Begins {@code task}, which throws nothing, at once on a thread of its own, whose operators use one core and whose context class loader is the caller's. */
    static void begin(Runnable task) {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        Runnable work = () -> {
            Thread.currentThread().setContextClassLoader(context);
            task.run();
            Thread.currentThread().setContextClassLoader(null);
        };
        if (HANDED_OVER.offer(work)) return;
        Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false).name("panatorch-loader-" + STARTED.getAndIncrement()).start(() -> run(work));
    }

    private static void run(Runnable first) {
        // A second team of OpenMP threads beside that of training costs training far more than the work itself: on two cores 3 ms instead of 1 ms on a step of 15 ms.
        Torch.limitThisThread(1);
        for (Runnable work = first; work != null; work = next()) work.run();
    }

    private static @Nullable Runnable next() {
        for (;;) {
            try {
                return HANDED_OVER.poll(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                // Meant for the work that is over.
            }
        }
    }
}
