package panatorch.apps.run;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Objects;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.RunFailure;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.Progress;
import panatorch.apps.measures.RunningScore;
import panatorch.apps.options.RunOptions;
import panatorch.train.Averages;
import panatorch.train.Callback;
import panatorch.train.Trainer;

/**
 * Shows the progress of a trainer, and ends a run whose loss is NaN or infinite. It reads the sums a few times a second, because that waits
 * for a GPU, and before each checkpoint, because a diverged one is worthless.
 */
final class RunProgress implements Callback, AutoCloseable {
    private static final long INTERVAL_NANOS = 100_000_000;

    private final EpochLog log;
    private final LongFunction<Progress> begin;
    private final PrintWriter out;
    private final RunOptions options;
    private final Recipe recipe;
    private @Nullable Progress shown;
    private long spoken;

    /**
     * Creates a display.
     *
     * @param log record of the epochs, whose callbacks come before these
     * @param begin opens a display, given the number of finished epochs
     * @param out where everything but the progress is printed
     * @param options the run's options
     * @param recipe what is trained
     */
    RunProgress(EpochLog log, LongFunction<Progress> begin, PrintWriter out, RunOptions options, Recipe recipe) {
        this.log = log;
        this.begin = begin;
        this.out = out;
        this.options = options;
        this.recipe = recipe;
    }

    @Override public boolean onRank0Only() { return true; }

    @Override public void fitStart(Trainer trainer) { shown = begin.apply(trainer.history().size()); }

    @Override public void epochStart(Trainer trainer) { progress().beginEpoch((int) trainer.epoch(), trainer.trained().count()); }

    @Override public void batchEnd(Trainer trainer) {
        boolean saved = options.checkpointEvery > 0 && trainer.steps() % options.checkpointEvery == 0;
        if (!due(saved || trainer.batch() == trainer.batches())) return;
        RunningScore score = RunningScore.of(trainer.trained()).excess(recipe.excess());
        if (!Double.isFinite(score.loss()) && !options.keepGoing) throw diverged(score.loss(), trainer);
        progress().trained(score);
    }

    private RunFailure diverged(double loss, Trainer trainer) {
        return new RunFailure(String.format(Locale.ROOT,
                "the loss became %s in epoch %d, by step %,d of the run, at a learning rate of %.3g; try a lower %s",
                Double.isNaN(loss) ? "not a number" : "infinite", trainer.epoch(), trainer.steps(), trainer.optimizer().learningRate(),
                recipe.divergenceAdvice()));
    }

    @Override public void evaluationBatch(Trainer trainer, Averages so) { if (due(false)) progress().tested(RunningScore.of(so)); }

    @Override public void epochEnd(Trainer trainer) {
        double loss = trainer.history().getLast().test().getOrDefault("loss", 0.0);
        if (!Double.isFinite(loss) && !options.keepGoing) throw diverged(loss, trainer);
        EpochMetrics epoch = log.epochs().getLast();
        progress().endEpoch(epoch);
        if (epoch.epoch() == 1) warnOfGuessing(epoch.trainLoss());
    }

    private void warnOfGuessing(double loss) {
        double guessing = recipe.baselineLoss();
        if (!(Math.abs(loss - guessing) < 0.01 * guessing)) return;
        out.printf(Locale.ROOT,
                "Nothing was learnt in this epoch: its loss is that of guessing, %.4f. If the next one is no better, try another --lr "
                        + "(find-lr suggests one), or --optimizer adam --lr 3e-4.%n",
                guessing);
        out.flush();
    }

    private Progress progress() { return Objects.requireNonNull(shown, "begun by fitStart"); }

    @Override public void close() { if (shown != null) shown.close(); }

    private boolean due(boolean always) {
        long now = System.nanoTime();
        if (!always && now - spoken < INTERVAL_NANOS) return false;
        spoken = now;
        return true;
    }
}
