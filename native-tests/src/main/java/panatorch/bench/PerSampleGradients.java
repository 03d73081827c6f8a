package panatorch.bench;

import static panatorch.func.Func.grad;
import static panatorch.func.Func.hessian;
import static panatorch.func.Func.vmap;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.func.TriFunction;
import panatorch.nn.Conv2d;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.utils.Stateless;

/** Measures per-sample gradients of a convolutional network, a Hessian, and the overhead of transforms. */
final class PerSampleGradients implements Workload {
    private static final Map<String, Double> SECONDS = Map.of("per-sample", 2.0, "hessian", 0.5, "calls", 0.5);

    private final Scope scope = Scope.open();
    private final Sequential net;
    private final Map<String, Supplier<List<Tensor>>> work = new LinkedHashMap<>();

    PerSampleGradients() {
        Torch.manualSeed(0);
        net = new Sequential(new Conv2d(1, 32, 3), new ReLU(), new Conv2d(32, 64, 3), new ReLU(), new MaxPool2d(2), new Flatten(),
                new Linear(9216, 128), new ReLU(), new Linear(128, 10));
        var parameters = new LinkedHashMap<String, Tensor>();
        net.namedParameters().forEach((name, p) -> parameters.put(name, p.detach()));
        Tensor x = Torch.randn(32, 1, 28, 28), y = Aten.arange(32, DType.INT64).remainder(10);
        Tensor w = Torch.randn(16, 4), v = Torch.randn(16), p = Torch.randn(8, 4), small = Torch.randn(16, 8);
        TriFunction<Map<String, Tensor>, Tensor, Tensor, Tensor> loss =
                (own, image, label) -> Aten.crossEntropyLoss(Stateless.functionalCall(net, own, image.unsqueeze(0)), label.unsqueeze(0));
        work.put("per-sample",
                () -> List.copyOf(vmap(grad(loss), o -> o.inDims(null, 0, 0)).apply(parameters, x, y).values()));
        work.put("hessian", () -> List.of(hessian((Tensor t) -> p.matmul(t.t()).tanh().mv(v).square().sum()).apply(w)));
        work.put("calls", () -> List.of(vmap(grad((Tensor t) -> t.sin().sum())).apply(small)));
    }

    @Override public String script() { return "per_sample_gradients.py"; }

    @Override public String parts() { return "transforms"; }

    @Override public double tolerance() { return 1e-4; }

    @Override public Map<String, Double> check() {
        var sums = new LinkedHashMap<String, Double>();
        work.forEach((name, each) -> {
            try (var inner = Scope.open()) {
                sums.put(name, each.get().stream().mapToDouble(t -> Checksum.of(name.equals("per-sample") ? t.norm() : t)).sum());
            }
        });
        return sums;
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        work.forEach((name, each) -> {
            long start = System.nanoTime();
            int rounds = 0;
            for (; (System.nanoTime() - start) * 1e-9 < Objects.requireNonNull(SECONDS.get(name)); rounds++) {
                try (var inner = Scope.open()) {
                    Objects.requireNonNull(each.get());
                }
            }
            seconds.put(name, (System.nanoTime() - start) * 1e-9 / rounds);
        });
        return seconds;
    }

    @Override public void close() {
        net.close();
        scope.close();
    }
}
