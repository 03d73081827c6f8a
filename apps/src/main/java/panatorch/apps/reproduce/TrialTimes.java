package panatorch.apps.reproduce;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Estimates the time left of a sweep: a trial takes as long as finished trials of its variant did, or else as the mean of all that are
 * known. The trial that runs is known by its own epochs.
 */
final class TrialTimes {
    private final LongSupplier clock;
    private final Map<String, List<Double>> seconds = new LinkedHashMap<>();
    private List<String> later = List.of();
    private String running = "";
    private long begun;
    /** Part of the trial that was done when this process took it up, and is done now. */
    private double before, now;

    /**
     * Creates an estimate that knows nothing.
     *
     * @param clock the time in nanoseconds
     */
    TrialTimes(LongSupplier clock) { this.clock = clock; }

    void finished(String variant, double time) { seconds.computeIfAbsent(variant, v -> new ArrayList<>()).add(time); }

    /**
     * Begins a trial.
     *
     * @param variants the variants of the trials that follow
     */
    void begin(String variant, List<String> variants) {
        running = variant;
        later = variants;
        begun = clock.getAsLong();
        before = Double.NaN;
        now = 0;
    }

    /** Notes that an epoch of the trial has ended. */
    void at(long epoch, long epochs) {
        now = epochs == 0 ? 0 : (double) epoch / epochs;
        if (Double.isNaN(before)) before = Math.min(now, 0.99);
    }

    private double elapsed() { return (clock.getAsLong() - begun) * 1e-9; }

    /** Ends the trial, and returns the seconds that it took, or would have taken in one piece. */
    double end() {
        double whole = elapsed() / (1 - (Double.isNaN(before) ? 0 : before));
        finished(running, whole);
        running = "";
        return whole;
    }

    /** Returns the time left of the running trial and all later ones, or null if nothing is known yet. */
    @Nullable Duration left() {
        double mean = seconds.values().stream().flatMap(List::stream).mapToDouble(s -> s).average().orElse(Double.NaN),
                own = now > before ? elapsed() / (now - before) : expected(running, mean);
        if (Double.isNaN(own)) return null;
        double rest = Math.max(0, own * (1 - now));
        for (String variant : later) rest += expected(variant, Double.isNaN(mean) ? own : mean);
        return Duration.ofMillis(Math.round(1000 * rest));
    }

    private double expected(String variant, double otherwise) {
        return seconds.getOrDefault(variant, List.of()).stream().mapToDouble(s -> s).average().orElse(otherwise);
    }
}
