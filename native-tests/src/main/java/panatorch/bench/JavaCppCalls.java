package panatorch.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Measures some of {@link OperatorCalls} by JavaCPP's own typed methods, beside the same Python. Each result is closed explicitly, which is
 * the cheapest way that JavaCPP has.
 */
final class JavaCppCalls implements Workload {
    private static final double SECONDS = 0.15;

    private final Scope scope = Scope.open();
    private final List<? extends AutoCloseable> inputs;
    private final Map<String, Supplier<? extends AutoCloseable>> calls = new LinkedHashMap<>();
    private final Map<String, Supplier<Tensor>> checked = new LinkedHashMap<>();

    JavaCppCalls() {
        Tensor eighths = Aten.arange(64, DType.FLOAT32).view(8, 8).div(64);
        var x = eighths.unwrap(); // JavaCPP's types are named in the bindings alone
        var y = eighths.add(1).unwrap();
        var rows = Torch.tensor(new long[] {6, 4, 2, 0}).unwrap();
        inputs = List.of(x, y, rows);
        add("add", () -> x.add(y), Tensor::wrap);
        add("mul", () -> x.mul(y), Tensor::wrap);
        add("matmul", () -> x.matmul(y), Tensor::wrap);
        add("relu", x::relu, Tensor::wrap);
        add("sum", x::sum, Tensor::wrap);
        add("mean", x::mean, Tensor::wrap);
        add("view", () -> x.view(64), Tensor::wrap);
        add("reshape", () -> x.reshape(64), Tensor::wrap);
        add("permute", () -> x.permute(1, 0), Tensor::wrap);
        add("index_select", () -> x.index_select(0, rows), Tensor::wrap);
        add("softmax", () -> x.softmax(1), Tensor::wrap);
        add("detach", x::detach, Tensor::wrap);
    }

    private <T extends AutoCloseable> void add(String name, Supplier<T> call, Function<T, Tensor> wrap) {
        calls.put(name, call);
        checked.put(name, () -> {
            try (T result = call.get()) {
                return wrap.apply(result);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Override public String script() { return "operator_calls.py"; }

    @Override public List<String> arguments() { return List.copyOf(calls.keySet()); }

    @Override public String parts() { return "operators"; }

    @Override public double tolerance() { return 1e-6; }

    @Override public Map<String, Double> check() {
        var sums = new LinkedHashMap<String, Double>();
        try (var inner = Scope.open()) {
            checked.forEach((name, call) -> sums.put(name, Checksum.of(call.get())));
        }
        return sums;
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        calls.forEach((name, call) -> seconds.put(name, secondsPerCall(call)));
        return seconds;
    }

    private static double secondsPerCall(Supplier<? extends AutoCloseable> call) {
        long count = 100;
        double elapsed = seconds(call, count);
        for (; elapsed < SECONDS / 3; elapsed = seconds(call, count)) count *= 2;
        count = Math.max(1, Math.round(count * SECONDS / elapsed));
        return seconds(call, count) / count;
    }

    private static double seconds(Supplier<? extends AutoCloseable> call, long count) {
        long start = System.nanoTime();
        try {
            for (long i = 0; i < count; i++) call.get().close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return (System.nanoTime() - start) / 1e9;
    }

    @Override public void close() {
        try {
            for (AutoCloseable input : inputs) input.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        scope.close();
    }
}
