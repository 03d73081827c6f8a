package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Runs variants once per seed, in turn, so that what else the machine does affects all alike. */
public final class Sweep {
    /**
     * The measures of one run.
     *
     * @param measures the measures by name
     * @param curve one value per epoch; empty for none
     */
    public record Result(Map<String, Double> measures, double[] curve) {}

    @FunctionalInterface
    public interface Trial {
        Result run(long seed);
    }

    private final Lab lab;
    private final Map<String, Trial> trials = new LinkedHashMap<>();
    private final Table table = new Table();
    private final Map<String, double[]> curves = new LinkedHashMap<>();

    public Sweep(Lab lab) { this.lab = lab; }

    public Sweep variant(String name, Trial trial) { return variant(name, Map.of(), trial); }

    /**
     * Adds a variant.
     *
     * @param name name of the variant
     * @param published values of the same measures that a paper or an implementation reports
     * @param trial runs the variant
     */
    public Sweep variant(String name, Map<String, Double> published, Trial trial) {
        trials.put(name, trial);
        table.row(name, published);
        return this;
    }

    public Table run() {
        List<Long> seeds = lab.seeds();
        int done = 0, all = seeds.size() * trials.size();
        for (long seed : seeds) {
            for (var t : trials.entrySet()) {
                lab.check();
                Result r = t.getValue().run(seed);
                r.measures.forEach((measure, value) -> table.add(t.getKey(), measure, value));
                if (r.curve.length > 0) curves.merge(t.getKey(), scaled(r.curve, 1.0 / seeds.size()), Sweep::sum);
                lab.say(String.format(Locale.ROOT, "%d of %d  %s, seed %d: %s", ++done, all, t.getKey(), seed, text(r.measures)));
            }
        }
        return table;
    }

    /** Returns the mean curve over seeds of each variant. */
    public Map<String, double[]> curves() { return curves; }

    private static String text(Map<String, Double> measures) {
        return new ArrayList<>(measures.entrySet()).stream().map(e -> String.format(Locale.ROOT, "%s %.4g", e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static double[] scaled(double[] values, double by) {
        double[] scaled = values.clone();
        for (int i = 0; i < scaled.length; i++) scaled[i] *= by;
        return scaled;
    }

    private static double[] sum(double[] a, double[] b) {
        double[] sum = new double[Math.min(a.length, b.length)];
        for (int i = 0; i < sum.length; i++) sum[i] = a[i] + b[i];
        return sum;
    }
}
