package panatorch.nn.dropout.distillation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.train.Callback;
import panatorch.train.Trainer;

/**
 * The loss of distillation and its floor as means over the rows of an epoch, summed up on the device: only to read them waits. Moves the teacher to where
 * the trainer computes, too. Owned by its {@link Distillation}.
 */
public final class Monitor implements Callback, AutoCloseable {
    /**
     * @param loss as the trainer has it, the mean divergence from each of K outputs
     * @param floor the teacher's mutual information in nats (or variance), estimated from K outputs; not a number for K = 1
     */
    public record Means(double loss, double floor) {
        /** {@code loss − MI}: the divergence from the mean of the K outputs, what is left to be learnt. */
        public double excess() { return loss - floor; }
    }

    private final Teacher teacher;
    private final List<Means> history = new ArrayList<>();
    private @Nullable Tensor loss, floor;
    private long rows;

    Monitor(Teacher teacher) { this.teacher = teacher; }

    void add(Distillation.Result r, long n) {
        try (var noGrad = NoGrad.enter()) {
            loss = sum(loss, r.loss(), n);
            if (r.floor() != null) floor = sum(floor, r.floor(), n);
        }
        rows += n;
    }

    private static Tensor sum(@Nullable Tensor before, Tensor mean, long n) {
        Tensor sum = before == null ? Torch.zeros(DType.FLOAT64, mean.device()).escape() : before;
        sum.add_(mean, n);
        return sum;
    }

    /** Of the epoch under way, or since {@link #reset}; not numbers before the first batch. Waits for the device. */
    public Means means() { return new Means(mean(loss), mean(floor)); }

    private double mean(@Nullable Tensor sum) { return sum == null ? Double.NaN : sum.itemDouble() / rows; }

    /** Of the epochs so far. */
    public List<Means> history() { return Collections.unmodifiableList(history); }

    public void reset() { close(); }

    @Override public void fitStart(Trainer trainer) {
        Device device = trainer.placement().device();
        teacher.network().to(device, null, trainer.placement().format());
        try (var scope = Scope.open()) {
            for (Tensor sum : new Tensor[] {loss, floor}) if (sum != null) sum.setData(sum.to(device)); // of a checkpoint
        }
    }

    @Override public void epochStart(Trainer trainer) { if (trainer.batch() == 0) reset(); }

    @Override public void epochEnd(Trainer trainer) { history.add(means()); }

    @Override public String name() { return "Distillation"; }

    @Override public Map<String, ?> stateDict() {
        var state = new LinkedHashMap<String, Object>();
        state.put("rows", rows);
        if (loss != null) state.put("loss", loss);
        if (floor != null) state.put("floor", floor);
        state.put("history", history.stream().map(m -> List.of(m.loss, m.floor)).toList());
        return state;
    }

    @Override public void loadStateDict(Map<String, ?> state) {
        reset();
        history.clear();
        rows = ((Number) state.get("rows")).longValue();
        loss = loaded(state.get("loss"));
        floor = loaded(state.get("floor"));
        for (Object m : (List<?>) state.get("history")) history.add(new Means(number(m, 0), number(m, 1)));
    }

    private static @Nullable Tensor loaded(@Nullable Object sum) { return sum instanceof Tensor t ? t.clone().escape() : null; }

    private static double number(Object pair, int i) { return ((Number) ((List<?>) pair).get(i)).doubleValue(); }

    @Override public void close() {
        if (loss != null) loss.close();
        if (floor != null) floor.close();
        loss = floor = null;
        rows = 0;
    }
}
