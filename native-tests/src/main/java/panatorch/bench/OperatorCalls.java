package panatorch.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** Measures the seconds of one call of a small operator: the call itself with the freeing of its result. */
final class OperatorCalls implements Workload {
    private static final double SECONDS = 0.15;
    /** The number of calls in a scope, as in a training step; opening and closing the scope is timed too. */
    private static final int CALLS_A_SCOPE = 100;

    private final Scope scope = Scope.open();
    private final Tensor x = range(64).view(8, 8).div(64), y = x.add(1), bias = range(8).div(8), scalar = Torch.scalar(1.5);
    private final Tensor image = range(64).view(1, 4, 4, 4).div(64), kernel = range(16).view(4, 4, 1, 1).div(16);
    private final Tensor mean = Torch.zeros(DType.FLOAT32, 8), variance = Torch.ones(DType.FLOAT32, 8);
    private final Tensor rows = Torch.tensor(new long[] {6, 4, 2, 0}), labels = Aten.arange(8, DType.INT64);
    private final Map<String, Supplier<?>> calls = new LinkedHashMap<>();
    private long sink;

    OperatorCalls() {
        calls.put("add", () -> x.add(y));
        calls.put("mul", () -> x.mul(y));
        calls.put("matmul", () -> x.matmul(y));
        calls.put("addmm", () -> Aten.addmm(bias, x, y));
        calls.put("relu", () -> x.relu());
        calls.put("sum", () -> x.sum());
        calls.put("mean", () -> x.mean());
        calls.put("max.dim", () -> x.max(1));
        calls.put("view", () -> x.view(64));
        calls.put("reshape", () -> x.reshape(64));
        calls.put("permute", () -> x.permute(1, 0));
        calls.put("cat", () -> Aten.cat(List.of(x, y)));
        calls.put("stack", () -> Aten.stack(List.of(x, y)));
        calls.put("split", () -> x.split(4));
        calls.put("index_select", () -> x.indexSelect(0, rows));
        calls.put("conv2d", () -> Aten.conv2d(image, kernel));
        calls.put("linear", () -> Aten.linear(x, y, bias));
        calls.put("batch_norm", () -> Aten.batchNorm(x, bias, bias, mean, variance, true, 0.1, 1e-5, true));
        calls.put("softmax", () -> x.softmax(1));
        calls.put("cross_entropy", () -> Aten.crossEntropyLoss(x, labels));
        calls.put("dropout", () -> Aten.dropout(x, 0.5, true));
        calls.put("zeros", () -> Aten.zeros(8, 8));
        calls.put("detach", () -> x.detach());
        calls.put("item", () -> scalar.itemDouble());
    }

    private static Tensor range(long n) { return Aten.arange(n, DType.FLOAT32); }

    @Override public String script() { return "operator_calls.py"; }

    @Override public String parts() { return "operators"; }

    @Override public double tolerance() { return 1e-6; }

    /** Returns the checksums of the results, each after the same seed for dropout's mask. */
    @Override public Map<String, Double> check() {
        var sums = new LinkedHashMap<String, Double>();
        try (var inner = Scope.open()) {
            calls.forEach((name, call) -> {
                Torch.manualSeed(1);
                sums.put(name, Checksum.of(call.get()));
            });
        }
        return sums;
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        calls.forEach((name, call) -> seconds.put(name, secondsPerCall(call)));
        return seconds;
    }

    private double secondsPerCall(Supplier<?> call) {
        long scopes = 1;
        double elapsed = seconds(call, scopes);
        for (; elapsed < SECONDS / 3; elapsed = seconds(call, scopes)) scopes *= 2; // a warm-up; its last round says how many make 0.15 s
        scopes = Math.max(1, Math.round(scopes * SECONDS / elapsed));
        return seconds(call, scopes) / (scopes * CALLS_A_SCOPE);
    }

    private double seconds(Supplier<?> call, long scopes) {
        long used = 0, start = System.nanoTime();
        for (long s = 0; s < scopes; s++) {
            try (var inner = Scope.open()) {
                for (int k = 0; k < CALLS_A_SCOPE; k++) used += call.get() == x ? 1 : 0; // or a call could be left out
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
