package panatorch.train;

import java.util.Map;

/**
 * The best epoch by a measure, an {@linkplain Trainer.EpochSummary#measure epoch's mean}, in the {@linkplain Trainer#direction direction}
 * of the trainer's metric.
 */
final class Best {
    private final String measure;
    private double value;
    private long epoch;

    Best(String measure) { this.measure = measure; }

    /** Records the epoch and returns true if it is better than all before it by more than {@code margin}. */
    boolean offer(Trainer trainer, double margin) {
        Trainer.EpochSummary last = trainer.history().getLast();
        Metric.Direction direction = trainer.direction(measure);
        double offered = last.measure(measure);
        if (!direction.isBetter(offered, epoch == 0 ? direction.worst() : value, margin)) return false;
        value = offered;
        epoch = last.epoch();
        return true;
    }

    /** From 1; 0 before any. */
    long epoch() { return epoch; }

    Map<String, Object> stateDict() { return Map.of("value", value, "epoch", epoch); }

    void loadStateDict(Map<String, ?> state) {
        value = State.number(state, "value").doubleValue();
        epoch = State.number(state, "epoch").longValue();
    }
}
