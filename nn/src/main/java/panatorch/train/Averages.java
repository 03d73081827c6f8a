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
 * Means over rows of the loss and of metrics, summed up in float64 on the device: to add a batch waits for nothing, to read a mean does.
 * Owns its sums until closed.
 */
public final class Averages implements AutoCloseable {
    private final List<Metric> metrics;
    private final Map<String, Tensor> sums = new LinkedHashMap<>();
    private long count;

    Averages(List<Metric> metrics) { this.metrics = metrics; }

    void add(Objective.Result result, @Nullable Tensor target, long rows) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            sum("loss", result.loss().detach(), rows);
            if (target != null) for (Metric m : metrics) sum(m.name(), m.sum().of(result.output().detach(), target), 1);
        }
        count += rows;
    }

    private void sum(String name, Tensor value, long times) {
        sums.computeIfAbsent(name, n -> Torch.zeros(DType.FLOAT64, value.device()).escape()).add_(value, times);
    }

    /** Rows so far. */
    public long count() { return count; }

    /** The means by name, {@code loss} first; empty before the first batch. */
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

    Map<String, Object> stateDict() {
        var state = new LinkedHashMap<String, Object>();
        state.put("count", count);
        state.put("sums", new LinkedHashMap<>(sums));
        return state;
    }

    void loadStateDict(Map<String, ?> state, panatorch.Device device) {
        close();
        count = State.number(state, "count").longValue();
        State.tensors(state, "sums").forEach((name, sum) -> sums.put(name, sum.to(device).clone().escape()));
    }

    @Override public void close() {
        sums.values().forEach(Tensor::close);
        sums.clear();
        count = 0;
    }
}
