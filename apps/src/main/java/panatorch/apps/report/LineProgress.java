package panatorch.apps.report;

import java.io.PrintWriter;
import java.util.Locale;
import panatorch.apps.measures.RunningScore;

/** Prints a line per epoch, and one every ten seconds in between, for logs. */
final class LineProgress extends EpochProgress {
    private static final long INTERVAL_NANOS = 10_000_000_000L;

    private long spoken;

    LineProgress(Plan plan, PrintWriter out) { super(plan, out); }

    @Override public void beginEpoch(int number, long from) {
        super.beginEpoch(number, from);
        spoken = begun;
    }

    @Override public void trained(RunningScore score) {
        left.trained(score);
        long now = System.nanoTime();
        if (now - spoken < INTERVAL_NANOS) return;
        spoken = now;
        out.printf(Locale.ROOT, "epoch %d/%d  %,6d of %,d %s  loss %.4f  %s  %,.0f %5$s/s  %s left%n", epoch, plan.epochs(), score.count(),
                plan.trainImages(), plan.items(),
                score.loss(), score.scoreText(), perSecond(score.count()), left.text());
        out.flush();
    }

    @Override public void tested(RunningScore score) { left.tested(score); }

    @Override public void close() {}
}
