package panatorch.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** What one call of a small operator costs, in seconds: the way to the operator and back, with the freeing of the result. */
final class OperatorCalls implements Workload {
    private static final double SECONDS = 0.15;
    /** As in a program's training step; the scope's opening and closing count. */
    private static final int CALLS_A_SCOPE = 100;

    private final Scope scope = Scope.open();
    private final Tensor x = range(64).view(8, 8).div(64), y = x.add(1);
    private final Tensor image = range(64).view(1, 4, 4, 4).div(64), weight = range(16).view(4, 4, 1, 1).div(16);
    private final Map<String, Call<?>> calls = new LinkedHashMap<>();
    private long sink;

    /** @param used makes something of the result, so that no call can be left out; @param total is the sum of all its numbers */
    private record Call<R>(java.util.function.Supplier<R> call, ToLongFunction<R> used, java.util.function.ToDoubleFunction<R> total) {}

    OperatorCalls() {
        Torch.setNumThreads(1);
        calls.put("mul", of(() -> x.mul(y)));
        calls.put("detach", of(() -> x.detach()));
        calls.put("view", of(() -> x.view(64)));
        calls.put("conv2d", of(() -> Aten.conv2d(image, weight)));
        calls.put("max.dim", new Call<>(() -> x.max(1), r -> r.values() == r.indices() ? 1 : 0, r -> total(r.values()) + total(r.indices())));
        calls.put("numel", new Call<>(x::numel, n -> n, n -> n));
    }

    private static Tensor range(long n) { return Aten.arange(n, DType.FLOAT32); }

    private Call<Tensor> of(java.util.function.Supplier<Tensor> call) { return new Call<>(call, t -> t == x ? 1 : 0, OperatorCalls::total); }

    private static double total(Tensor t) { return t.to(Device.CPU, DType.FLOAT64).sum().itemDouble(); }

    @Override public String name() { return "operator-calls"; }

    @Override public String summary() { return "seconds a call of small operators on the CPU, 8×8 float32, one thread"; }

    @Override public String script() { return "operator_calls.py"; }

    @Override public String parts() { return "operators"; }

    @Override public double tolerance() { return 1e-6; }

    @Override public Map<String, Double> check() {
        var totals = new LinkedHashMap<String, Double>();
        try (var inner = Scope.open()) {
            calls.forEach((name, call) -> totals.put(name, total(call)));
        }
        return totals;
    }

    private static <R> double total(Call<R> c) { return c.total().applyAsDouble(c.call().get()); }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        calls.forEach((name, call) -> seconds.put(name, secondsPerCall(call)));
        return seconds;
    }

    private double secondsPerCall(Call<?> c) {
        long scopes = 1;
        double elapsed = seconds(c, scopes);
        for (; elapsed < SECONDS / 3; elapsed = seconds(c, scopes)) scopes *= 2; // a warm-up; its last round says how many make 0.15 s
        scopes = Math.max(1, Math.round(scopes * SECONDS / elapsed));
        return seconds(c, scopes) / (scopes * CALLS_A_SCOPE);
    }

    private <R> double seconds(Call<R> c, long scopes) {
        long used = 0, start = System.nanoTime();
        for (long s = 0; s < scopes; s++) {
            try (var inner = Scope.open()) {
                for (int k = 0; k < CALLS_A_SCOPE; k++) used += c.used().applyAsLong(c.call().get());
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        sink += used;
        return seconds;
    }

    @Override public void close() {
        if (sink == -1) throw new AssertionError();
        scope.close();
    }
}
