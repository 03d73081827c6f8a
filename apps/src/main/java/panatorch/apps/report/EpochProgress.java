package panatorch.apps.report;

import java.io.PrintWriter;
import java.util.Locale;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.Progress;
import panatorch.apps.measures.RunningScore;

/** Prints a line for each finished epoch. Subclasses show the epoch that is running. */
abstract class EpochProgress implements Progress {
    final Plan plan;
    final PrintWriter out;
    final TimeLeft left;
    /** The number of the running epoch, from 1. */
    int epoch;
    /** The images of the running epoch that an earlier run trained. */
    long before;
    /** The time at which the epoch, or its rest in this run, began, in nanoseconds. */
    long begun;

    /**
     * Creates a display.
     *
     * @param plan the work of the run
     * @param out where the line of a finished epoch is printed
     */
    EpochProgress(Plan plan, PrintWriter out) {
        this.plan = plan;
        this.out = out;
        left = new TimeLeft(plan);
    }

    @Override public void beginEpoch(int number, long from) {
        epoch = number;
        before = from;
        begun = System.nanoTime();
        left.beginEpoch(from);
    }

    /** Returns how many images of this epoch a second were trained, of {@code trained} so far. */
    final double perSecond(long trained) {
        return (trained - before) / ((System.nanoTime() - begun) * 1e-9);
    }

    @Override public void endEpoch(EpochMetrics e) {
        out.println(String.format(Locale.ROOT, "epoch %d/%d  loss %.4f  %s  test loss %.4f  test accuracy %5.2f %%  %,.0f %s/s  %.1f s",
                e.epoch(), plan.epochs(), e.trainLoss(), RunningScore.scoreText(e.trainAccuracy(), e.excess()), e.testLoss(),
                100 * e.testAccuracy(), e.imagesPerSecond(), plan.items(), e.seconds()));
        out.flush();
    }
}
