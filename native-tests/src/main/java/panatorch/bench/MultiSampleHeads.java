package panatorch.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.MaskSource;
import panatorch.nn.dropout.multisample.FastMasks;
import panatorch.nn.dropout.multisample.MultiSampleDropout;
import panatorch.nn.functional.CrossEntropy;

/**
 * Measures the seconds of a multi-sample dropout head with 1, 8 and 64 samples, from the features to the gradients and the freeing of the
 * graph. Java uses {@link MultiSampleDropout}, and Python either the loop over samples of published code or one batch. Seconds are the one
 * thread's processor time on both sides, which other programs disturb less than the time of day. Gradients are freed untimed.
 */
final class MultiSampleHeads implements Workload {
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
    private static final double SECONDS = 0.5;
    private static final int ROWS = 128, FEATURES = 512, CLASSES = 100;
    private static final List<Integer> SAMPLES = List.of(1, 8, 64);

    private final String pythonForm;
    private final @Nullable MaskSource masks;
    private final Scope scope = Scope.open();
    private final Linear head = new Linear(FEATURES, CLASSES);
    private final Tensor x, labels;

    static MultiSampleHeads againstLoop() { return new MultiSampleHeads("loop", null); }

    static MultiSampleHeads againstBatch() { return new MultiSampleHeads("batch", null); }

    static MultiSampleHeads withFastMasks() { return new MultiSampleHeads("loop", FastMasks.global()); }

    /**
     * Makes the head.
     *
     * @param masks the masks that are timed, or null for libtorch's; the check uses libtorch's, which are also Python's
     */
    private MultiSampleHeads(String pythonForm, @Nullable MaskSource masks) {
        this.pythonForm = pythonForm;
        this.masks = masks;
        x = waves(ROWS, FEATURES).requiresGrad_(true);
        labels = Aten.arange(ROWS, DType.INT64).remainder(CLASSES);
        try (var inner = Scope.open(); var noGrad = NoGrad.enter()) {
            head.weight().copy_(waves(CLASSES, FEATURES).div(16));
            head.parameter("bias").zero_();
        }
    }

    /** Returns numbers that Python's program makes as well. */
    private static Tensor waves(long... shape) {
        return Aten.arange(Arrays.stream(shape).reduce(1, (a, b) -> a * b), DType.FLOAT64).sin().to(DType.FLOAT32).view(shape);
    }

    private MultiSampleDropout method(int samples, @Nullable MaskSource source) {
        var dropout = new Dropout(0.5);
        dropout.setMasks(source);
        return new MultiSampleDropout(MultiSampleDropout.options(samples).dropout(dropout), head);
    }

    @Override public String script() { return "multi_sample_heads.py"; }

    @Override public List<String> arguments() { return List.of(pythonForm); }

    @Override public String parts() { return "samples"; }

    @Override public double tolerance() { return 1e-4; }

    @Override public Map<String, Double> check() {
        var sums = new LinkedHashMap<String, Double>();
        for (int samples : SAMPLES) {
            Torch.manualSeed(1);
            try (var inner = Scope.open()) {
                var result = method(samples, null).apply(x, labels, CrossEntropy.mean());
                result.loss().backward();
                double sum = Checksum.of(result.loss()) + Checksum.of(result.logits().square()) + Checksum.ofGradient(x);
                for (Tensor p : head.parameters()) sum += Checksum.ofGradient(p);
                sums.put(part(samples), sum);
                forget();
            }
        }
        return sums;
    }

    private static String part(int samples) { return "M = " + samples; }

    private void forget() {
        x.setGrad(null);
        head.zeroGrad();
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        for (int samples : SAMPLES) seconds.put(part(samples), secondsPerStep(method(samples, masks)));
        return seconds;
    }

    private double secondsPerStep(MultiSampleDropout method) {
        step(method);
        double seconds = 0;
        int steps = 0;
        for (; seconds < SECONDS; steps++) seconds += step(method);
        return seconds / steps;
    }

    private double step(MultiSampleDropout method) {
        long start = CLOCK.getCurrentThreadCpuTime();
        try (var inner = Scope.open()) {
            method.apply(x, labels, CrossEntropy.mean()).loss().backward();
        }
        long end = CLOCK.getCurrentThreadCpuTime();
        forget();
        return (end - start) / 1e9;
    }

    @Override public void close() {
        head.close();
        scope.close();
    }
}
