package panatorch.train;

import java.util.Locale;
import java.util.Map;

/** The best epoch by a measure, an {@linkplain Trainer.EpochSummary#measure epoch's mean}: of losses the least, of all others the greatest. */
final class Best {
    private final String measure;
    private final boolean least;
    private double value;
    private long epoch;

    Best(String measure) {
        this.measure = measure;
        least = measure.toLowerCase(Locale.ROOT).endsWith("loss");
        value = least ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    }

    /** Records the epoch and returns true if it is better than all before it by more than {@code margin}. */
    boolean offer(Trainer.EpochSummary summary, double margin) {
        double offered = summary.measure(measure);
        if (!(least ? offered < value - margin : offered > value + margin)) return false;
        value = offered;
        epoch = summary.epoch();
        return true;
    }

    double value() { return value; }

    /** Returns the number of the best epoch, from 1; 0 before the first. */
    long epoch() { return epoch; }

    Map<String, Object> stateDict() { return Map.of("value", value, "epoch", epoch); }

    void loadStateDict(Map<String, ?> state) {
        value = State.number(state, "value").doubleValue();
        epoch = State.number(state, "epoch").longValue();
    }
}
