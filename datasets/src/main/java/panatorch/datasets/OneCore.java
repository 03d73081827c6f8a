package panatorch.datasets;

import java.util.concurrent.CompletableFuture;
import panatorch.Torch;

/**
 * Keeps a loader's thread to one core. Its operators are small, and a second team of OpenMP threads beside that of training costs
 * training far more than the work itself: more threads than cores make OpenMP put waiting threads to sleep (measured on two cores:
 * 3 ms instead of 1 ms on a step of 15 ms).
 */
final class OneCore {
    private OneCore() {}

    /** Limits the operators of this thread, and of no other. */
    static synchronized void limitThisThread() {
        int all = Torch.numThreads(); // asked for first, as libtorch sets a thread up then, which would overwrite the limit later
        if (all == 1) return;
        Torch.setNumThreads(1);
        // The limit is this thread's own, but threads that are new to libtorch start with the number set last, by whomever: a thread
        // that does nothing else puts it back.
        CompletableFuture.runAsync(() -> Torch.setNumThreads(all), task -> Thread.ofPlatform().daemon().start(task)).join();
    }
}
