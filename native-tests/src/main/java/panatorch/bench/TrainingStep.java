package panatorch.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.Scope;
import panatorch.amp.Precision;

/**
 * Measures a training step, in float32 or with bfloat16 autocast. "Same settings" has the same memory format and one fused call of the
 * optimiser on both sides. "Out of the box" is what each side's introduction tells a beginner to write: here {@code panatorch train}, which
 * does the same anyway, there the tutorials, which have no autocast.
 */
final class TrainingStep implements Workload {
    static final List<String> SETTINGS = List.of("same settings", "out of the box");
    private static final double SECONDS = 1.5;

    private final Net net;
    private final boolean half;
    private final Scope scope = Scope.open();
    private final Map<String, Training> sides = new LinkedHashMap<>();

    TrainingStep(Net net, boolean half) {
        this.net = net;
        this.half = half;
        for (String part : half ? SETTINGS.subList(0, 1) : SETTINGS)
            sides.put(part, new Training(net, half ? Precision.BF16 : Precision.FP32));
    }

    @Override public String script() { return "training_step.py"; }

    @Override public List<String> arguments() { return half ? List.of(net.toString(), "bfloat16") : List.of(net.toString()); }

    @Override public String parts() { return "settings"; }

    @Override public int threads() { return OperatorThreads.all(); }

    /** Returns the tolerance of losses: bfloat16 has eight bits, and the two libraries add in different orders. */
    @Override public double tolerance() {
        return half ? 3e-2 : 1e-4;
    }

    /** Returns the loss of the first step of each part. */
    @Override public Map<String, Double> check() {
        var losses = new LinkedHashMap<String, Double>();
        sides.forEach((part, side) -> losses.put(part, side.step()));
        return losses;
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        sides.keySet().forEach(part -> seconds.put(part, 0.0));
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
        sides.values().forEach(Training::close);
        scope.close();
    }
}
