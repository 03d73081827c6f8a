package panatorch.serve;

import java.util.concurrent.CompletableFuture;
import panatorch.NoGrad;
import panatorch.Torch;

/** A thread that runs batches until the queue is closed and empty. */
final class Worker implements Runnable {
    private final RequestQueue queue;
    private final Batches batches;
    private final BatchRunner runner;
    private final WarmUp warmUp;
    private final int threads;
    /** Completed once the worker is warm, or cannot be. */
    final CompletableFuture<Void> ready = new CompletableFuture<>();

    Worker(RequestQueue queue, Batches batches, BatchRunner runner, WarmUp warmUp, int threads) {
        this.queue = queue;
        this.batches = batches;
        this.runner = runner;
        this.warmUp = warmUp;
        this.threads = threads;
    }

    @Override public void run() {
        Torch.limitThisThread(threads);
        try (var noGrad = NoGrad.enter()) {
            try {
                queue.limit(warmUp.run(runner));
                ready.complete(null);
            } catch (Throwable e) {
                ready.completeExceptionally(e);
                return;
            }
            for (RequestQueue.Taken taken = queue.take(); taken != null; taken = queue.take()) {
                taken.dead().forEach(batches::drop);
                if (!taken.batch().isEmpty()) batches.serve(taken.batch());
            }
        }
    }
}
