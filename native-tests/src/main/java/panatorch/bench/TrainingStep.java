package panatorch.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import panatorch.Aten;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.MemoryFormat;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.models.Bert;
import panatorch.models.CifarResNet;
import panatorch.models.LeNet5;
import panatorch.models.ResNet;
import panatorch.models.VGG;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Flatten;
import panatorch.nn.LayerNorm;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;

/**
 * A training step from a batch of bytes to the new weights: numbers of the bytes, forward, loss, backward, SGD with momentum. "Same settings" has one memory format and
 * one fused call of the optimiser on both sides; "out of the box" is what each side's introduction tells a beginner to write: here {@code panatorch train}, which
 * does that anyway, there the tutorials.
 */
final class TrainingStep implements Workload {
    /** @param shape of an example; of one number the tokens of a sentence */
    enum Net {
        RESNET18(64, () -> ResNet.resnet18(ResNet.Stem.CIFAR, 10), 3, 32, 32),
        RESNET56(128, () -> new CifarResNet(56, CifarResNet.Shortcut.PROJECTION, 10), 3, 32, 32),
        VGG16(64, () -> new VGG(16, true, VGG.Head.CIFAR, 10), 3, 32, 32),
        LENET(32, () -> new LeNet5(10), 1, 28, 28),
        MLP(8, () -> new Sequential(new Flatten(), new Linear(784, 256), new ReLU(true), new Linear(256, 10)), 1, 28, 28),
        BERT(16, () -> new Bert(Bert.options(4, 256, 4).dropout(0, 0), 2), 64);

        final int batch;
        final long[] shape;
        private final Supplier<Module> make;

        Net(int batch, Supplier<Module> make, long... shape) {
            this.batch = batch;
            this.make = make;
            this.shape = shape;
        }

        boolean reads() { return shape.length == 1; }

        @Override public String toString() { return name().toLowerCase(Locale.ROOT); }
    }

    private static final double SECONDS = 1.5;
    private static final List<String> PARTS = List.of("same settings", "out of the box");

    private final Net net;
    private final Scope scope = Scope.open();
    private final Map<String, Side> sides = new LinkedHashMap<>();

    TrainingStep(Net net) {
        this.net = net;
        String threads = System.getenv("OMP_NUM_THREADS");
        Torch.setNumThreads(threads == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(threads));
        for (String part : PARTS) sides.put(part, new Side());
    }

    private final class Side implements AutoCloseable {
        final Module model = net.make.get();
        final SGD optimizer;
        final Tensor input, labels;

        Side() {
            Torch.manualSeed(1);
            try (var inner = Scope.open(); var noGrad = NoGrad.enter()) {
                for (Tensor p : model.parameters()) {
                    if (p.dim() > 1) p.copy_(Torch.randn(p.shape()).mul(Math.sqrt(2 / (double) (p.numel() / p.size(0)))));
                    else p.zero_();
                }
                for (Module m : model.modules()) if (m instanceof BatchNorm2d || m instanceof LayerNorm) m.parameter("weight").fill_(1);
            }
            if (!net.reads()) model.to(MemoryFormat.CHANNELS_LAST);
            optimizer = new SGD(model.parameters(), SGD.options(1e-4).momentum(0.9).fused(true));
            long[] shape = new long[net.shape.length + 1];
            shape[0] = net.batch;
            System.arraycopy(net.shape, 0, shape, 1, net.shape.length);
            input = Torch.randint(0, net.reads() ? 30522 : 256, shape, net.reads() ? DType.INT64 : DType.UINT8);
            labels = Aten.arange(net.batch, DType.INT64).remainder(net.reads() ? 2 : 10);
        }

        double step() {
            try (var inner = Scope.open()) {
                Tensor x = net.reads() ? input : input.to(DType.FLOAT32).div(255).sub(0.5).div(0.25).contiguous(MemoryFormat.CHANNELS_LAST);
                optimizer.zeroGrad();
                Tensor loss = CrossEntropy.crossEntropy(model.call(x), labels);
                Autograd.backward(loss);
                optimizer.step();
                return loss.itemDouble();
            }
        }

        @Override public void close() {
            optimizer.close();
            model.close();
        }
    }

    @Override public String name() { return net + "-step"; }

    @Override public String summary() { return "a training step of " + net + " with " + net.batch + (net.reads() ? " sentences of 64 tokens" : " images") + ", all threads; SGD with momentum"; }

    @Override public String script() { return "training_step.py"; }

    @Override public List<String> arguments() { return List.of(net.toString()); }

    @Override public String parts() { return "settings"; }

    @Override public double tolerance() { return 1e-4; }

    /** The loss of the first step. */
    @Override public Map<String, Double> check() {
        var losses = new LinkedHashMap<String, Double>();
        sides.forEach((part, side) -> losses.put(part, side.step()));
        return losses;
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        PARTS.forEach(part -> seconds.put(part, 0.0));
        int rounds = 0;
        for (; seconds.values().stream().mapToDouble(s -> s).sum() < SECONDS; rounds++) {
            sides.forEach((part, side) -> {
                long start = System.nanoTime();
                side.step();
                seconds.merge(part, (System.nanoTime() - start) * 1e-9, Double::sum);
            });
        }
        double n = rounds;
        seconds.replaceAll((part, s) -> s / n);
        return seconds;
    }

    @Override public void close() {
        sides.values().forEach(Side::close);
        scope.close();
    }
}
