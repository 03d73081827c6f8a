package panatorch.serve;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import panatorch.NoGrad;
import panatorch.Torch;

/** A thread that runs batches until the queue is closed and empty. */
final class Worker implements Runnable {
    private final String model;
    private final RequestQueue queue;
    private final BatchRunner runner;
    private final Events events;
    private final WarmUp warmUp;
    private final int threads;
    /** Completed once the worker is warm, or cannot be. */
    final CompletableFuture<Void> ready = new CompletableFuture<>();

    Worker(String model, RequestQueue queue, BatchRunner runner, Events events, WarmUp warmUp, int threads) {
        this.model = model;
        this.queue = queue;
        this.runner = runner;
        this.events = events;
        this.warmUp = warmUp;
        this.threads = threads;
    }

    @Override public void run() {
        Torch.limitThisThread(threads);
        try (var noGrad = NoGrad.enter()) {
            try {
                warmUp.run(runner);
                ready.complete(null);
            } catch (Throwable e) {
                ready.completeExceptionally(e);
                return;
            }
            for (RequestQueue.Taken taken = queue.take(); taken != null; taken = queue.take()) {
                taken.dead().forEach(this::drop);
                if (!taken.batch().isEmpty()) serve(taken.batch());
            }
        }
    }

    /** Gives up a request that nobody waits for. */
    void drop(Pending p) {
        drop(p, model, events);
    }

    static void drop(Pending p, String model, Events events) {
        p.discard();
        boolean late = p.left(System.nanoTime()) <= 0;
        if (late) p.outcome.completeExceptionally(new DeadlineExceededException(model, p.limit));
        events.rejected(late ? ServeListener.Rejection.DEADLINE : ServeListener.Rejection.CANCELLED);
    }

    private void serve(List<Pending> batch) {
        long began = System.nanoTime(), rows = 0, accepted = Long.MAX_VALUE;
        for (Pending p : batch) {
            rows += p.rows;
            accepted = Math.min(accepted, p.accepted - began);
        }
        var event = events.batched(batch.size(), rows, -accepted);
        List<Parcel> answers = null;
        Throwable error = null;
        try {
            answers = runner.run(batch);
        } catch (Throwable e) { // also an error: the worker has to live on
            error = e;
        }
        events.ended(batch.size(), event);
        if (answers != null) {
            events.ran(batch.size(), rows, System.nanoTime() - began);
            for (int i = 0; i < batch.size(); i++) batch.get(i).complete(answers.get(i));
        } else if (batch.size() == 1) {
            Pending p = batch.getFirst();
            Throwable failure = Objects.requireNonNull(error);
            events.failed(failure);
            p.outcome.completeExceptionally(failure);
        } else {
            for (Pending p : batch) {
                if (p.isDead(System.nanoTime())) drop(p);
                else serve(List.of(p));
            }
        }
    }
}
