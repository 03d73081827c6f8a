package panatorch.cuda.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.bench.SeededWeights;
import panatorch.cuda.Cuda;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;
import panatorch.train.GraphedStep;
import panatorch.train.Objective;

/**
 * Java's training steps of a network: forward, loss, backward, fused SGD with momentum, on a batch that is on the device. The caller closes
 * it.
 */
final class JavaSteps implements AutoCloseable {
    /** The parts: EAGER is in float32, the others use bfloat16 autocast and, for images, channels last. */
    static final String EAGER = "eager", BF16 = "bf16", GRAPHED = "graphed";
    static final List<String> PARTS = List.of(EAGER, BF16, GRAPHED);

    private static final Objective OBJECTIVE = Objective.of(CrossEntropy::crossEntropy);

    private final Device device;
    private final double seconds;
    private final Scope scope = Scope.open();
    private final Map<String, Step> steps = new LinkedHashMap<>();

    /**
     * Makes the steps.
     *
     * @param seconds approximate time for which each part is timed
     */
    JavaSteps(Net net, Device device, double seconds) {
        this.device = device;
        this.seconds = seconds;
        for (String part : PARTS) steps.put(part, new Step(net, part));
    }

    private final class Step implements AutoCloseable {
        private final Module model;
        private final SGD optimizer;
        private final Tensor input, labels;
        private final Precision precision;
        private final @Nullable GraphedStep graphed;

        Step(Net net, String part) {
            model = net.make.get();
            SeededWeights.fill(model);
            boolean eager = part.equals(EAGER), last = !eager && !net.reads();
            precision = eager ? Precision.FP32 : Precision.BF16;
            model.to(device, null, last ? MemoryFormat.CHANNELS_LAST : null);
            optimizer = new SGD(model.parameters(), SGD.options(1e-4).momentum(0.9).fused(true));
            long[] shape = new long[net.shape.length + 1];
            shape[0] = net.batch;
            System.arraycopy(net.shape, 0, shape, 1, net.shape.length);
            Torch.manualSeed(2);
            Tensor x = (net.reads() ? Torch.randint(1, 30522, shape) : Torch.randn(shape)).to(device);
            input = last ? x.contiguous(MemoryFormat.CHANNELS_LAST) : x;
            labels = Torch.arange(net.batch).remainder(net.classes).to(device);
            graphed =
                    part.equals(GRAPHED) ? new GraphedStep(model, optimizer, OBJECTIVE, GraphedStep.options().precision(precision)) : null;
        }

        /** Runs a step and returns its loss, which belongs to the current scope, or to the graphed step. */
        Tensor run() {
            if (graphed != null) return graphed.run(input, labels).loss();
            optimizer.zeroGrad();
            Tensor loss;
            try (var cast = precision.enter(device)) {
                loss = OBJECTIVE.apply(model, input, labels).loss();
            }
            loss.backward();
            optimizer.step();
            return loss;
        }

        @Override public void close() {
            if (graphed != null) graphed.close();
            optimizer.close();
            model.close();
        }
    }

    /** Runs the first step of each part and returns the losses. */
    Map<String, Double> check() {
        var losses = new LinkedHashMap<String, Double>();
        steps.forEach((part, step) -> {
            try (var inner = Scope.open()) {
                losses.put(part, step.run().to(DType.FLOAT64).itemDouble());
            }
        });
        return losses;
    }

    /** Returns the seconds of a step of each part: the mean over as many steps as fill the time, until the device has finished. */
    Map<String, Double> run() {
        var result = new LinkedHashMap<String, Double>();
        steps.forEach((part, step) -> {
            timed(step, 10); // libraries choose their fastest algorithms, and the step is recorded
            int count = (int) Math.max(10, seconds / timed(step, 10));
            result.put(part, timed(step, count));
        });
        return result;
    }

    private double timed(Step step, int count) {
        Cuda.synchronize(device);
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            try (var inner = Scope.open()) {
                step.run();
            }
        }
        Cuda.synchronize(device);
        return (System.nanoTime() - start) * 1e-9 / count;
    }

    @Override public void close() {
        steps.values().forEach(Step::close);
        scope.close();
    }
}
