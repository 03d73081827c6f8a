package panatorch.apps.report;

import java.io.PrintWriter;
import java.util.Locale;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.Progress;
import panatorch.apps.measures.RunningScore;

/** Prints a line per epoch, and one every ten seconds in between, for logs. */
final class LineProgress implements Progress {
    private static final long INTERVAL_NANOS = 10_000_000_000L;

    private final Plan plan;
    private final PrintWriter out;
    private final TimeLeft left;
    private int epoch;
    private long begun, spoken, before;

    LineProgress(Plan plan, PrintWriter out) {
        this.plan = plan;
        this.out = out;
        left = new TimeLeft(plan);
    }

    @Override public void beginEpoch(int number, long from) {
        epoch = number;
        left.beginEpoch(from);
        before = from;
        begun = spoken = System.nanoTime();
    }

    @Override public void trained(RunningScore score) {
        left.trained(score);
        long now = System.nanoTime();
        if (now - spoken < INTERVAL_NANOS) return;
        spoken = now;
        out.printf(Locale.ROOT, "epoch %d/%d  %,6d of %,d %s  loss %.4f  %s  %,.0f %5$s/s  %s left%n", epoch, plan.epochs(), score.count(),
                plan.trainImages(), plan.items(),
                score.loss(), score.scoreText(), (score.count() - before) / ((now - begun) * 1e-9), left.text());
        out.flush();
    }

    @Override public void tested(RunningScore score) { left.tested(score); }

    @Override public void endEpoch(EpochMetrics e) {
        out.println(epochLine(e, plan));
        out.flush();
    }

    static String epochLine(EpochMetrics e, Plan plan) {
        return String.format(Locale.ROOT, "epoch %d/%d  loss %.4f  %s  test loss %.4f  test accuracy %5.2f %%  %,.0f %s/s  %.1f s",
                e.epoch(), plan.epochs(), e.trainLoss(), RunningScore.scoreText(e.trainAccuracy(), e.excess()), e.testLoss(),
                100 * e.testAccuracy(), e.imagesPerSecond(), plan.items(), e.seconds());
    }

    @Override public void close() {}
}
