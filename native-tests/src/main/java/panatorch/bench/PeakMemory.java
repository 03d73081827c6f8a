package panatorch.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the peak memory of a whole process that makes some training steps: {@link SomeSteps}, started by {@code java}. The settings are
 * those of {@link TrainingStep}.
 */
final class PeakMemory implements Workload {
    private static final int STEPS = 5;

    private final Net net;

    PeakMemory(Net net) { this.net = net; }

    @Override public String script() { return "peak_memory.py"; }

    @Override public List<String> arguments() { return List.of(net.toString(), Integer.toString(STEPS)); }

    @Override public String parts() { return "settings"; }

    @Override public Unit unit() { return Unit.MEBIBYTES; }

    @Override public int threads() { return OperatorThreads.all(); }

    @Override public int warmUps() { return 0; }

    @Override public double tolerance() { return 1e-3; }

    /** Returns the loss of the last step. */
    @Override public Map<String, Double> check() { return ofProcesses(0); }

    @Override public Map<String, Double> run() { return ofProcesses(1); }

    private Map<String, Double> ofProcesses(int column) {
        var found = new LinkedHashMap<String, Double>();
        for (String settings : TrainingStep.SETTINGS) {
            var child = ChildProcess.run(ChildProcess.java(List.of(), SomeSteps.class, net.name(), Integer.toString(STEPS)));
            found.put(settings, Double.valueOf(child.line().split(" ")[column]));
        }
        return found;
    }

    @Override public void close() {}
}
