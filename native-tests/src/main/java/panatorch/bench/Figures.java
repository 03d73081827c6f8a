package panatorch.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

/** The figures of all pairs of runs, and their ratios. A ratio is Java ÷ Python of one pair, because machines drift. */
public final class Figures {
    /** The name of the geometric mean over all parts. */
    static final String MEAN = "geometric mean";

    private final List<Map<String, Double>> java = new ArrayList<>();
    private final List<Map<String, Double>> python = new ArrayList<>();

    /** The minimum, the median and the maximum of several numbers. */
    public record Spread(double min, double median, double max) {
        public static Spread of(double[] values) {
            double[] sorted = values.clone();
            Arrays.sort(sorted);
            int n = sorted.length;
            return new Spread(sorted[0], n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2, sorted[n - 1]);
        }
    }

    void add(Map<String, Double> javaRun, Map<String, Double> pythonRun) {
        if (!javaRun.keySet().equals(pythonRun.keySet()))
            throw new IllegalStateException("Java measured " + javaRun.keySet() + ", but Python " + pythonRun.keySet() + ".");
        java.add(withMean(javaRun));
        python.add(withMean(pythonRun));
    }

    private static Map<String, Double> withMean(Map<String, Double> run) {
        var all = new LinkedHashMap<>(run);
        if (run.size() > 1)
            all.put(MEAN, Math.exp(run.values().stream().flatMapToDouble(v -> DoubleStream.of(Math.log(v))).average().orElseThrow()));
        return all;
    }

    /** Returns the names of the parts, with {@link #MEAN} at the end if there are several. */
    List<String> parts() {
        return List.copyOf(java.getFirst().keySet());
    }

    Spread java(String part) { return Spread.of(of(java, part)); }

    Spread python(String part) { return Spread.of(of(python, part)); }

    Spread ratio(String part) { return ratio(of(java, part), of(python, part)); }

    Spread javaRatio(Workload.Comparison c) { return ratio(of(java, c.part()), of(java, c.with())); }

    Spread pythonRatio(Workload.Comparison c) { return ratio(of(python, c.part()), of(python, c.with())); }

    private static double[] of(List<Map<String, Double>> runs, String part) {
        return runs.stream().mapToDouble(r -> r.get(part)).toArray();
    }

    private static Spread ratio(double[] dividends, double[] divisors) {
        var ratios = new double[dividends.length];
        for (int i = 0; i < ratios.length; i++) ratios[i] = dividends[i] / divisors[i];
        return Spread.of(ratios);
    }

    /**
     * Returns the figures as a JSON object.
     *
     * @param targets the largest wanted ratio by part
     */
    Map<String, Object> json(Map<String, Double> targets, List<Workload.Comparison> comparisons) {
        if (!parts().containsAll(targets.keySet()))
            throw new IllegalArgumentException("There are targets for " + targets.keySet() + ", and the parts are " + parts() + ".");
        var parts = new LinkedHashMap<String, Object>();
        for (String p : parts()) {
            var part = new LinkedHashMap<String, Object>(Map.of("java", java(p)));
            part.put("python", python(p));
            part.put("ratio", ratio(p));
            if (targets.containsKey(p)) part.put("target", targets.get(p));
            parts.put(p, part);
        }
        var compared = new LinkedHashMap<String, Object>();
        for (var c : comparisons) compared.put(c.toString(), Map.of("java", javaRatio(c), "python", pythonRatio(c)));
        var all = new LinkedHashMap<String, Object>(Map.of("pairs", java.size()));
        all.put("parts", parts);
        all.put("comparisons", compared);
        return all;
    }
}
