package panatorch.apps.report;

import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import panatorch.apps.measures.Progress;
import panatorch.apps.measures.RunningScore;

/** Estimates the time left of a run from the time that training items, test items and the gaps between epochs took so far. */
public final class TimeLeft {
    /** Cost of a test item relative to a training item before any was measured. It has a forward pass only. */
    private static final double TEST_COST = 0.25;

    private final Progress.Plan plan;
    private final LongSupplier clock;
    private final Pace training = new Pace(), testing = new Pace(), between = new Pace();
    private int begun;
    private long last;
    private double trained, tested;

    TimeLeft(Progress.Plan plan) { this(plan, System::nanoTime); }

    /**
     * Creates an estimate.
     *
     * @param clock the time in nanoseconds
     */
    TimeLeft(Progress.Plan plan, LongSupplier clock) {
        this.plan = plan;
        this.clock = clock;
        last = clock.getAsLong();
    }

    /**
     * Begins an epoch.
     *
     * @param images items of this epoch that were trained before the run was resumed
     */
    void beginEpoch(long images) {
        long time = lap();
        if (begun++ > 0) between.add(1, time);
        trained = images;
        tested = 0;
    }

    /** Notes the score of the epoch's training so far. */
    void trained(RunningScore score) {
        training.add(score.count() - trained, lap());
        trained = score.count();
    }

    /** Notes the score of the epoch's test so far. */
    void tested(RunningScore score) {
        testing.add(score.count() - tested, lap());
        tested = score.count();
        trained = plan.trainImages(); // all there will be: a loader may leave some out
    }

    private long lap() {
        long before = last;
        last = clock.getAsLong();
        return last - before;
    }

    /** Returns the time left in nanoseconds. */
    private double left() {
        double later = Math.max(0, plan.epochs() - plan.done() - begun),
                test = testing.seen() ? testing.each() : TEST_COST * training.each();
        return training.each() * (Math.max(0, plan.trainImages() - trained) + later * plan.trainImages())
                + test * (Math.max(0, plan.testImages() - tested) + later * plan.testImages()) + between.each() * later;
    }

    String text() { return training.seen() || testing.seen() ? text(Duration.ofNanos((long) left())) : "?"; }

    /** Formats a duration as {@code 1:05} or {@code 2:03:04}. */
    public static String text(Duration d) {
        long s = Math.round(d.toMillis() / 1000.0);
        return s < 3600 ? String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    }

    /**
     * The time per item. The first measurement is dropped once there are others, because it includes loading, compiling and allocating. The
     * weight of a measurement halves every {@value #HALVED_SECONDS} seconds, because other programs begin and end.
     */
    private static final class Pace {
        private static final double HALVED_SECONDS = 20;

        private double count, nanos;
        private int additions;

        void add(double some, long time) {
            if (some <= 0) return;
            if (++additions == 2) count = nanos = 0;
            double kept = Math.pow(0.5, time * 1e-9 / HALVED_SECONDS);
            count = kept * count + some;
            nanos = kept * nanos + time;
        }

        boolean seen() { return additions > 0; }

        double each() { return additions == 0 ? 0 : nanos / count; }
    }
}
