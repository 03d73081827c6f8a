package panatorch.bench;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import panatorch.Aten;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.dropout.gyro.GyroDropout;
import panatorch.nn.dropout.gyro.GyroLinear;
import panatorch.nn.dropout.gyro.GyroOptions;
import panatorch.nn.dropout.gyro.GyroSchedule;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;

/**
 * Measures a training step of a multilayer perceptron (forward, backward, SGD) with dropout, with gyro dropout, and with gyro dropout's
 * block-wise masks, which leave smaller matrix products.
 */
final class GyroStep implements Workload {
    private static final double SECONDS = 1.5;
    private static final int BATCH = 256, IN = 784, HIDDEN = 1024, CLASSES = 10, SIGMA = 256, TAU = 16, GROUP = 32;

    private final Scope scope = Scope.open();
    private final Tensor x, y;
    private final Map<String, Net> nets = new LinkedHashMap<>();

    private enum Kind { DROPOUT, GYRO, PRUNED }

    private final class Net implements AutoCloseable {
        private final Kind kind;
        private final Sequential layers;
        private final SGD optimizer;
        private final GyroSchedule schedule = GyroSchedule.of(SIGMA, TAU, 19600, 1); // 196 batches, 100 epochs

        Net(Kind kind) {
            this.kind = kind;
            Torch.manualSeed(1);
            var a = new Linear(IN, HIDDEN);
            var b = new Linear(HIDDEN, HIDDEN);
            var c = new Linear(HIDDEN, CLASSES);
            layers = new Sequential(a, new ReLU(), new Dropout(0.5), b, new ReLU(), new Dropout(0.5), c);
            optimizer = new SGD(layers.parameters(), SGD.options(1e-4).momentum(0.9));
            if (kind == Kind.DROPOUT) return;
            GyroDropout.replaceIn(layers, schedule, GyroOptions.DEFAULT.group(kind == Kind.PRUNED ? GROUP : 1));
            var state = new HashMap<>(layers.stateDict()); // the banks and the order that Python has
            for (int layer : new int[] {2, 5})
                state.put(layer + ".masks.bank", kind == Kind.GYRO ? Torch.rand(SIGMA, HIDDEN).gt(0.5).to(DType.FLOAT32) : blocks());
            layers.loadStateDict(state);
            Map<String, Object> order = new HashMap<>(schedule.stateDict());
            order.put("order", Aten.arange(SIGMA, DType.INT64));
            schedule.loadStateDict(order);
        }

        private Tensor blocks() {
            long groups = HIDDEN / GROUP;
            Tensor kept = Torch.rand(SIGMA, groups).argsort(true, 1, false).narrow(1, 0, groups / 2);
            return Torch.zeros(SIGMA, groups).scatter_(1, kept, 1).repeatInterleave(GROUP, 1L);
        }

        Tensor backward() {
            Tensor h = x;
            if (kind == Kind.PRUNED) {
                h = layers.get(1).call(layers.get(0).call(x));
                h = GyroLinear.forward((Dropout) layers.get(2), (Linear) layers.get(3), h);
                for (int i = 4; i < 7; i++) h = layers.get(i).call(h);
            } else {
                h = layers.call(x);
            }
            Tensor loss = CrossEntropy.crossEntropy(h, y);
            Autograd.backward(loss);
            return loss;
        }

        double step() {
            long start = System.nanoTime();
            try (var inner = Scope.open()) {
                backward();
                optimizer.step();
                optimizer.zeroGrad();
                schedule.advance();
            }
            return (System.nanoTime() - start) * 1e-9;
        }

        @Override public void close() {
            optimizer.close();
            layers.close();
            schedule.close();
        }
    }

    GyroStep() {
        Torch.manualSeed(0);
        x = Torch.randn(BATCH, IN);
        y = Aten.arange(BATCH, DType.INT64).remainder(CLASSES);
        for (Kind kind : Kind.values()) nets.put(kind.name().toLowerCase(java.util.Locale.ROOT), new Net(kind));
    }

    @Override public String script() { return "gyro_step.py"; }

    @Override public String parts() { return "steps"; }

    @Override public double tolerance() { return 1e-4; }

    @Override public List<Comparison> comparisons() { return List.of(new Comparison("gyro", "dropout"), new Comparison("pruned", "gyro")); }

    /** Returns a checksum of the loss and of the norms of the gradients, each part after the same seed for dropout's mask. */
    @Override public Map<String, Double> check() {
        var sums = new LinkedHashMap<String, Double>();
        nets.forEach((name, net) -> {
            try (var inner = Scope.open()) {
                Torch.manualSeed(1);
                double sum = Checksum.of(net.backward());
                for (Tensor p : net.layers.parameters()) sum += Checksum.of(Objects.requireNonNull(p.grad(), "no gradient").norm());
                sums.put(name, sum);
                net.layers.zeroGrad();
            }
        });
        return sums;
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        nets.keySet().forEach(name -> seconds.put(name, 0.0));
        int rounds = 0;
        for (; seconds.values().stream().mapToDouble(s -> s).sum() < SECONDS; rounds++) // in turn, so that all see the same machine
            nets.forEach((name, net) -> seconds.merge(name, net.step(), Double::sum));
        double n = rounds;
        seconds.replaceAll((name, s) -> s / n);
        return seconds;
    }

    @Override public void close() {
        nets.values().forEach(Net::close);
        scope.close();
    }
}
