package panatorch.nn.dropout.distillation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.train.Averages;
import panatorch.train.Callback;
import panatorch.train.Trainer;

/**
 * Tracks the distillation loss and its floor as means over the rows of an epoch. They are summed on the device; only reading them waits.
 * Also moves the teacher to the trainer's device. Owned by its {@link Distillation}.
 */
public final class Monitor implements Callback, AutoCloseable {
    /**
     * Means over the rows of an epoch.
     *
     * @param loss the trainer's loss, the mean divergence from each of the K outputs
     * @param floor the teacher's mutual information in nats (or variance), estimated from K outputs; NaN for K = 1
     */
    public record Means(double loss, double floor) {
        /** Returns {@code loss − floor}: the divergence from the mean of the K outputs, which is what the student can still learn. */
        public double excess() {
            return loss - floor;
        }
    }

    private static final String LOSS = "loss", FLOOR = "floor", EPOCH = "epoch", HISTORY = "history";

    private final Teacher teacher;
    private final Averages epoch = new Averages();
    private final List<Means> history = new ArrayList<>();

    Monitor(Teacher teacher) { this.teacher = teacher; }

    /** Adds the means of a batch. */
    void add(Tensor loss, @Nullable Tensor floor, long rows) {
        var means = new LinkedHashMap<String, Tensor>();
        means.put(LOSS, loss);
        if (floor != null) means.put(FLOOR, floor);
        epoch.add(means, rows);
    }

    /** Returns the means of the current epoch, or since {@link #reset}; NaN before the first batch. Waits for the device. */
    public Means means() {
        return new Means(epoch.mean(LOSS), epoch.mean(FLOOR));
    }

    /** Returns the means of the finished epochs. */
    public List<Means> history() { return Collections.unmodifiableList(history); }

    public void reset() { epoch.reset(); }

    @Override public void fitStart(Trainer trainer) {
        teacher.network().to(trainer.placement().device(), null, trainer.placement().format());
    }

    @Override public void epochStart(Trainer trainer) { if (trainer.batch() == 0) reset(); }

    @Override public void epochEnd(Trainer trainer) { history.add(means()); }

    @Override public String name() { return "Distillation"; }

    @Override public Map<String, ?> stateDict() {
        return Map.of(EPOCH, epoch.stateDict(), HISTORY, history.stream().map(m -> List.of(m.loss, m.floor)).toList());
    }

    @SuppressWarnings("unchecked")
    @Override public void loadStateDict(Map<String, ?> state) {
        if (!(state.get(EPOCH) instanceof Map<?, ?> averages && state.get(HISTORY) instanceof List<?> past))
            throw new IllegalArgumentException(
                    "the state of a distillation has '" + EPOCH + "' and '" + HISTORY + "', and this one has " + state.keySet());
        epoch.loadStateDict((Map<String, ?>) averages);
        history.clear();
        for (Object m : past) history.add(new Means(number(m, 0), number(m, 1)));
    }

    private static double number(Object pair, int i) { return ((Number) ((List<?>) pair).get(i)).doubleValue(); }

    @Override public void close() { epoch.close(); }
}
