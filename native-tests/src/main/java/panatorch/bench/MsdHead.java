package panatorch.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.LinkedHashMap;
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
 * Seconds of a multi-sample dropout head, forward (with the freeing of the graph) and backward: {@link MultiSampleDropout} here, and in Python either the loop
 * over samples of published code or one batch. Seconds are the one thread's processor time on both sides, which other programs disturb less than the
 * time of day. Gradients are freed in between, untimed.
 */
final class MsdHead implements Workload {
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
    private static final double SECONDS = 0.5;
    private static final int SAMPLES = 64, ROWS = 128, FEATURES = 512, CLASSES = 100;

    private final String name, script, other;
    private final Scope scope = Scope.open();
    private final Linear head = new Linear(FEATURES, CLASSES);
    private final Tensor x, labels;
    /** Of libtorch's masks, as Python's; what is checked, and timed unless others are. */
    private final MultiSampleDropout method = new MultiSampleDropout(0.5, SAMPLES, head);
    private final MultiSampleDropout timed;
    /** Seconds of each part since the last {@link #run} began. */
    private double forward, backward;

    static MsdHead againstLoop() { return new MsdHead("msd-head", "msd_head.py", "a loop over the samples", null); }

    static MsdHead againstBatch() { return new MsdHead("msd-head-batched", "msd_head_batched.py", "one batch, too", null); }

    static MsdHead withFastMasks() { return new MsdHead("msd-head-fast-masks", "msd_head.py", "a loop over the samples; timed here with FastMasks", FastMasks.global()); }

    private MsdHead(String name, String script, String other, @Nullable MaskSource masks) {
        this.name = name;
        this.script = script;
        this.other = other;
        var dropout = new Dropout(0.5);
        dropout.setMasks(masks);
        timed = masks == null ? method : new MultiSampleDropout(MultiSampleDropout.options(SAMPLES).dropout(dropout), head);
        x = waves(ROWS, FEATURES).requiresGrad_(true);
        labels = Aten.arange(ROWS, DType.INT64).remainder(CLASSES);
        try (var inner = Scope.open(); var noGrad = NoGrad.enter()) {
            head.weight().copy_(waves(CLASSES, FEATURES).div(16));
            head.parameter("bias").zero_();
        }
    }

    /** Numbers that Python has, too. */
    private static Tensor waves(long... shape) { return Aten.arange(Arrays.stream(shape).reduce(1, (a, b) -> a * b), DType.FLOAT64).sin().to(DType.FLOAT32).view(shape); }

    @Override public String script() { return script; }

    @Override public String parts() { return "passes"; }

    @Override public double tolerance() { return 1e-4; }

    @Override public Map<String, Double> check() {
        Torch.manualSeed(1);
        try (var inner = Scope.open()) {
            var result = method.apply(x, labels, CrossEntropy.mean());
            result.loss().backward();
            double gradients = Checksum.of(x.grad());
            for (Tensor p : head.parameters()) gradients += Checksum.of(p.grad());
            forget();
            return Map.of("forward", Checksum.of(result.loss()) + Checksum.of(result.logits().square()), "backward", gradients);
        }
    }

    private void forget() {
        x.setGrad(null);
        head.zeroGrad();
    }

    @Override public Map<String, Double> run() {
        pass();
        forward = backward = 0;
        int passes = 0;
        for (; forward + backward < SECONDS; passes++) pass();
        var seconds = new LinkedHashMap<String, Double>();
        seconds.put("forward", forward / passes);
        seconds.put("backward", backward / passes);
        seconds.put("step", (forward + backward) / passes);
        return seconds;
    }

    private void pass() {
        long start = CLOCK.getCurrentThreadCpuTime(), built, derived;
        try (var inner = Scope.open()) {
            var result = timed.apply(x, labels, CrossEntropy.mean());
            built = CLOCK.getCurrentThreadCpuTime();
            result.loss().backward();
            derived = CLOCK.getCurrentThreadCpuTime();
        }
        long freed = CLOCK.getCurrentThreadCpuTime();
        forward += (built - start + freed - derived) / 1e9;
        backward += (derived - built) / 1e9;
        forget();
    }

    @Override public void close() {
        head.close();
        scope.close();
    }
}
