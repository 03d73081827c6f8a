package panatorch.apps;

import java.time.Duration;
import java.util.Locale;

/** How long a run will still take, told from how long it took so far. */
final class TimeLeft {
    /** A test image goes through the network forwards only. */
    private static final double TEST_COST = 0.25;

    private double total;
    private final long start = System.nanoTime();
    private double before, from, trained, done;

    TimeLeft(Progress.Plan plan) { total = (plan.epochs() - plan.done()) * (plan.trainImages() + TEST_COST * plan.testImages()); }

    /** @param images of this epoch that were trained before the run was resumed */
    void beginEpoch(long images) {
        before = done;
        from = images;
        total -= images;
        trained = 0;
    }

    /** @param tally of the epoch's training so far */
    void trained(Tally tally) {
        trained = tally.count() - from;
        done = before + trained;
    }

    /** @param tally of the epoch's test so far */
    void tested(Tally tally) { done = before + trained + TEST_COST * tally.count(); }

    String text() { return done == 0 ? "?" : text(Duration.ofNanos((long) ((System.nanoTime() - start) * Math.max(0, total - done) / done))); }

    /** As {@code 1:05}, or {@code 2:03:04}. */
    static String text(Duration d) {
        long s = Math.round(d.toMillis() / 1000.0);
        return s < 3600 ? String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60) : String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    }
}
