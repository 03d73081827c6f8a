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
 * Means over rows by name, summed up in float64 on the device where the values are: to add a batch waits for nothing, to read a mean does.
 * Owns its sums until closed; one thread's.
 */
public final class Averages implements AutoCloseable {
    private final Map<String, Tensor> sums = new LinkedHashMap<>();
    private long count;

    /** Adds a batch. @param means [] over its rows, by name; @param rows at least 1 */
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
        else if (!sum.device().equals(value.device())) sum.setData(sum.to(value.device())); // of a checkpoint
        sum.add_(value, times);
    }

    /** Rows so far. */
    public long count() { return count; }

    /** The means by name, {@code loss} first in training; empty before the first batch. */
    public Map<String, Double> means() {
        var means = new LinkedHashMap<String, Double>();
        sums.forEach((name, sum) -> means.put(name, sum.itemDouble() / count));
        return means;
    }

    /** One mean; not a number before the first batch. */
    public double mean(String name) {
        Tensor sum = sums.get(name);
        return sum == null ? Double.NaN : sum.itemDouble() / count;
    }

    /** The sums themselves, and the rows. */
    public Map<String, Object> stateDict() {
        var state = new LinkedHashMap<String, Object>();
        state.put("count", count);
        state.put("sums", new LinkedHashMap<>(sums));
        return state;
    }

    /** Goes on from {@link #stateDict}; copies the tensors. */
    public void loadStateDict(Map<String, ?> state) {
        long rows = State.number(state, "count").longValue();
        Map<String, Tensor> loaded = State.tensors(state, "sums");
        reset();
        count = rows;
        loaded.forEach((name, sum) -> sums.put(name, sum.clone().escape()));
    }

    /** Begins anew. */
    public void reset() {
        sums.values().forEach(Tensor::close);
        sums.clear();
        count = 0;
    }

    @Override public void close() { reset(); }
}
