package panatorch.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Running means over rows, by name. Sums are kept in float64 on the device of the values: adding a batch does not wait for the device,
 * reading a mean does.
 *
 * <p>
 * Owns its sums until it is closed. For use by one thread.
 */
public final class Averages implements AutoCloseable {
    private static final String ROWS = "rows", SUM = "sum ";

    private final Map<String, Tensor> sums = new LinkedHashMap<>();
    private long count;

    /**
     * Adds the means of one batch.
     *
     * @param means scalars [] by name, each the mean over the batch's rows
     * @param rows rows of the batch, at least 1
     */
    public void add(Map<String, Tensor> means, long rows) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            means.forEach((name, mean) -> sum(name, mean, rows));
        }
        count += rows;
    }

    /** Adds a batch's {@code loss} and, if it has a target, metrics. */
    void add(Objective.Result result, @Nullable Tensor target, List<Metric> metrics, long rows) {
        add(Map.of(Metric.LOSS, result.loss()), rows);
        if (target == null) return;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (Metric m : metrics) sum(m.name(), m.sum().of(result.output(), target), 1);
        }
    }

    private void sum(String name, Tensor value, long times) {
        Tensor sum = sums.get(name);
        if (sum == null) sums.put(name, sum = Torch.zeros(DType.FLOAT64, value.device()).escape());
        else if (!sum.device().equals(value.device())) sum.setData(sum.to(value.device())); // a checkpoint's sums may lie on another device
        sum.add_(value, times);
    }

    /** Returns the number of rows added so far. */
    public long count() { return count; }

    /** Returns the means by name, {@code loss} first in training; empty before the first batch. */
    public Map<String, Double> means() {
        var means = new LinkedHashMap<String, Double>();
        sums.forEach((name, sum) -> means.put(name, sum.itemDouble() / count));
        return means;
    }

    /** Returns one mean, or NaN before the first batch. */
    public double mean(String name) {
        Tensor sum = sums.get(name);
        return sum == null ? Double.NaN : sum.itemDouble() / count;
    }

    /** Returns the sums and the number of rows. */
    public Map<String, Object> stateDict() {
        var state = new LinkedHashMap<String, Object>();
        state.put("count", count);
        state.put("sums", new LinkedHashMap<>(sums));
        return state;
    }

    /** Restores a state of {@link #stateDict}. Copies its tensors. */
    public void loadStateDict(Map<String, ?> state) {
        long rows = State.number(state, "count").longValue();
        Map<String, Tensor> loaded = State.tensors(state, "sums");
        reset();
        count = rows;
        loaded.forEach((name, sum) -> sums.put(name, sum.clone().escape()));
    }

    /** Returns the number of rows and the sums, which are this object's own, as tensors by name. */
    Map<String, Tensor> tensors() {
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put(ROWS, Torch.tensor(new long[] {count}).cpu());
        sums.forEach((name, sum) -> tensors.put(SUM + name, sum));
        return tensors;
    }

    /** Adds rows and sums of {@link #tensors}, of another process for instance. */
    void add(Map<String, ?> tensors) {
        count += State.tensor(ROWS, tensors.get(ROWS)).itemLong();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            tensors.forEach((name, value) -> {
                if (name.startsWith(SUM)) sum(name.substring(SUM.length()), State.tensor(name, value), 1);
            });
        }
    }

    /** Removes all sums and starts again at zero rows. */
    public void reset() {
        sums.values().forEach(Tensor::close);
        sums.clear();
        count = 0;
    }

    @Override public void close() { reset(); }
}
