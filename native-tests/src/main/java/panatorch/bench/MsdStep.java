package panatorch.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import panatorch.Autograd;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.models.ResNet;
import panatorch.nn.dropout.multisample.MultiSampleDropout;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;

/**
 * Measures the cost of 8 dropout samples instead of one in a whole training step: ResNet-18 on 32 images of 32×32, forward, backward and
 * SGD. Both are measured in turn, in processor time of the one thread, which other programs disturb less. No Python takes part.
 */
final class MsdStep {
    private static final int BATCH = 32, SAMPLES = 8;

    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    private MsdStep() {}

    static void print(int pairs) {
        Torch.setNumThreads(1);
        Torch.manualSeed(1);
        try (var scope = Scope.open(); var model = ResNet.resnet18(ResNet.Stem.CIFAR, 100);
                var optimizer = new SGD(model.parameters(), SGD.options(0.01).momentum(0.9))) {
            Tensor images = Torch.randn(BATCH, 3, 32, 32), labels = Torch.randint(100, new long[] {BATCH});
            var one = new MultiSampleDropout(0.3, 1, model.head());
            var many = new MultiSampleDropout(0.3, SAMPLES, model.head());
            for (int warmUp = 0; warmUp < 2; warmUp++) {
                seconds(model, optimizer, one, images, labels);
                seconds(model, optimizer, many, images, labels);
            }
            double[] ones = new double[pairs], manys = new double[pairs], ratios = new double[pairs];
            for (int i = 0; i < pairs; i++) {
                // each first as often as the other: machines drift
                if (i % 2 == 0) ones[i] = seconds(model, optimizer, one, images, labels);
                manys[i] = seconds(model, optimizer, many, images, labels);
                if (i % 2 == 1) ones[i] = seconds(model, optimizer, one, images, labels);
                ratios[i] = manys[i] / ones[i];
            }
            var ratio = Figures.Spread.of(ratios);
            System.out.printf(
                    "a step of ResNet-18 on %d images of 32×32: M = 1 %.0f ms, M = %d %.0f ms (medians of %d); ratio of a pair: min %.3f, "
                            + "median %.3f, max %.3f%n",
                    BATCH, Figures.Spread.of(ones).median() * 1e3, SAMPLES, Figures.Spread.of(manys).median() * 1e3, pairs, ratio.min(),
                    ratio.median(), ratio.max());
        }
    }

    private static double seconds(ResNet model, SGD optimizer, MultiSampleDropout method, Tensor images, Tensor labels) {
        long start = CLOCK.getCurrentThreadCpuTime();
        try (var scope = Scope.open()) {
            Autograd.backward(method.apply(model.features(images), labels, CrossEntropy.mean()).loss());
            optimizer.step();
            optimizer.zeroGrad();
        }
        return (CLOCK.getCurrentThreadCpuTime() - start) * 1e-9;
    }
}
