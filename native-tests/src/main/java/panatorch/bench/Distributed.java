package panatorch.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Measures the work of several processes on this machine: {@link RankWork}, started anew for each run. */
final class Distributed implements Workload {
    private final String work;
    private final List<Integer> ranks;

    /** @param ranks numbers of processes that are measured */
    Distributed(String work, Integer... ranks) {
        this.work = work;
        this.ranks = List.of(ranks);
    }

    @Override public String script() { return "distributed.py"; }

    @Override public List<String> arguments() {
        var all = new ArrayList<>(List.of(work));
        for (int n : ranks) all.add(String.valueOf(n));
        return all;
    }

    @Override public String parts() { return "parts"; }

    @Override public Unit unit() { return work.equals("memory") ? Unit.MEBIBYTES : Unit.SECONDS; }

    @Override public int warmUps() { return 0; }

    @Override public double tolerance() { return 1e-3; }

    @Override public List<Comparison> comparisons() {
        return switch (work) {
            case "step" -> List.of(new Comparison("step", "alone"));
            case "memory" -> List.of(new Comparison("parameters-and-state of 2", "parameters-and-state of 1"),
                    new Comparison("resident of 2", "resident of 1"));
            default -> List.of();
        };
    }

    private Map<String, Double> all(ToDoubleFunction<double[]> value) {
        var all = new LinkedHashMap<String, Double>();
        for (int n : ranks)
            RankWork.ofProcesses(work, n)
                    .forEach((part, values) -> all.put(ranks.size() > 1 ? part + " of " + n : part, value.applyAsDouble(
                            values)));
        return all;
    }

    @Override public Map<String, Double> check() {
        return all(values -> values[0]);
    }

    @Override public Map<String, Double> run() {
        return all(values -> values[1]);
    }

    @Override public void close() {}
}
