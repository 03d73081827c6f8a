package panatorch.apps;

import panatorch.train.Averages;
import panatorch.train.Callback;
import panatorch.train.Trainer;

/** Shows the user what a trainer does, and ends a run whose loss has no number any more. Reads the sums a few times a second, as that waits for a GPU. */
final class RunProgress implements Callback {
    private static final long INTERVAL_NANOS = 100_000_000;

    private final Progress progress;
    private final double lr;
    private long spoken;

    RunProgress(Progress progress, double lr) {
        this.progress = progress;
        this.lr = lr;
    }

    @Override public void epochStart(Trainer trainer) { progress.beginEpoch((int) trainer.epoch()); }

    @Override public void batchEnd(Trainer trainer) {
        if (!due(trainer.batch() == trainer.batches())) return;
        Tally tally = Tally.of(trainer.trained());
        if (!Double.isFinite(tally.loss())) throw new RunFailure("the loss became " + (Double.isNaN(tally.loss()) ? "not a number" : "infinite")
                + " in epoch " + trainer.epoch() + ", step " + trainer.batch() + "; a learning rate below --lr " + lr + " may help");
        progress.trained(tally);
    }

    @Override public void evaluationBatch(Trainer trainer, Averages so) { if (due(false)) progress.tested(Tally.of(so)); }

    private boolean due(boolean always) {
        long now = System.nanoTime();
        if (!always && now - spoken < INTERVAL_NANOS) return false;
        spoken = now;
        return true;
    }
}
