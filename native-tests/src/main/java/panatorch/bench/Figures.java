package panatorch.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

/** The seconds of all pairs of runs, and what follows from them. Ratios are Java ÷ Python of one pair: machines drift. */
final class Figures {
    private final List<Map<String, Double>> java = new ArrayList<>();
    private final List<Map<String, Double>> python = new ArrayList<>();

    /** Of several numbers: smallest, middle, largest. */
    record Spread(double min, double median, double max) {
        static Spread of(double[] values) {
            double[] sorted = values.clone();
            Arrays.sort(sorted);
            int n = sorted.length;
            return new Spread(sorted[0], n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2, sorted[n - 1]);
        }

        Map<String, Object> json() { return ordered("min", min, "median", median, "max", max); }
    }

    void add(Map<String, Double> javaSeconds, Map<String, Double> pythonSeconds) {
        if (!javaSeconds.keySet().equals(pythonSeconds.keySet())) throw new IllegalStateException("Java timed " + javaSeconds.keySet() + ", but Python " + pythonSeconds.keySet() + ".");
        java.add(javaSeconds);
        python.add(pythonSeconds);
    }

    List<String> parts() { return List.copyOf(java.getFirst().keySet()); }

    Spread javaSeconds() { return Spread.of(java.stream().mapToDouble(Figures::geometricMean).toArray()); }

    Spread pythonSeconds() { return Spread.of(python.stream().mapToDouble(Figures::geometricMean).toArray()); }

    Spread ratio() { return ratio(javaMeans(), pythonMeans()); }

    Spread javaSeconds(String part) { return Spread.of(of(java, part)); }

    Spread pythonSeconds(String part) { return Spread.of(of(python, part)); }

    Spread ratio(String part) { return ratio(of(java, part), of(python, part)); }

    Spread javaRatio(Workload.Comparison c) { return ratio(of(java, c.part()), of(java, c.with())); }

    Spread pythonRatio(Workload.Comparison c) { return ratio(of(python, c.part()), of(python, c.with())); }

    private double[] javaMeans() { return java.stream().mapToDouble(Figures::geometricMean).toArray(); }

    private double[] pythonMeans() { return python.stream().mapToDouble(Figures::geometricMean).toArray(); }

    private static double[] of(List<Map<String, Double>> runs, String part) { return runs.stream().mapToDouble(r -> r.get(part)).toArray(); }

    private static Spread ratio(double[] seconds, double[] others) {
        var ratios = new double[seconds.length];
        for (int i = 0; i < ratios.length; i++) ratios[i] = seconds[i] / others[i];
        return Spread.of(ratios);
    }

    private static double geometricMean(Map<String, Double> run) {
        return Math.exp(run.values().stream().flatMapToDouble(s -> DoubleStream.of(Math.log(s))).average().orElseThrow());
    }

    /** @param parts what the parts are called */
    Map<String, Object> json(String parts, List<Workload.Comparison> comparisons) {
        var each = new LinkedHashMap<String, Object>();
        for (String p : parts()) each.put(p, json(javaSeconds(p), pythonSeconds(p), ratio(p)));
        var all = json(javaSeconds(), pythonSeconds(), ratio());
        all.put("pairs", java.size());
        all.put(parts, each);
        for (var c : comparisons) all.put(c.toString(), ordered("java", javaRatio(c).json(), "python", pythonRatio(c).json()));
        return all;
    }

    private static Map<String, Object> json(Spread java, Spread python, Spread ratio) { return ordered("java", java.json(), "python", python.json(), "ratio", ratio.json()); }

    private static Map<String, Object> ordered(Object... keysAndValues) {
        var map = new LinkedHashMap<String, Object>();
        for (int i = 0; i < keysAndValues.length; i += 2) map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        return map;
    }
}
