package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The measures of the finished trials of an experiment, by variant, measure and seed. */
public final class Findings {
    private final Map<String, Map<String, SortedMap<Long, Double>>> measures = new LinkedHashMap<>();
    private final Map<String, Map<String, SortedMap<Long, double[]>>> curves = new LinkedHashMap<>();
    private final Set<Map<String, String>> machines = new LinkedHashSet<>();

    /** Creates findings without any trial, for variants in their order. */
    Findings(List<Variant> variants) {
        for (Variant v : variants) {
            measures.put(v.name(), new LinkedHashMap<>());
            curves.put(v.name(), new LinkedHashMap<>());
        }
    }

    void add(FinishedTrial trial) {
        trial.measures().forEach((measure, value) -> add(trial.variant(), measure, trial.seed(), value));
        var of = Objects.requireNonNull(curves.get(trial.variant()), trial.variant());
        trial.curves().forEach((curve, values) -> of.computeIfAbsent(curve, c -> new TreeMap<>()).put(trial.seed(), values));
        machines.add(trial.machine());
    }

    /** Adds one measure. */
    void add(String variant, String measure, long seed, double value) {
        measures(variant).computeIfAbsent(measure, m -> new TreeMap<>()).put(seed, value);
    }

    private Map<String, SortedMap<Long, Double>> measures(String variant) {
        return Objects.requireNonNull(measures.get(variant), variant);
    }

    Set<String> variants() { return measures.keySet(); }

    /** Returns the names of all measures, in the order in which trials reported them. */
    Set<String> measureNames() {
        var names = new LinkedHashSet<String>();
        measures.values().forEach(m -> names.addAll(m.keySet()));
        return names;
    }

    /** Returns the machines on which trials ran. */
    Set<Map<String, String>> machines() { return machines; }

    /** Returns a measure by seed; empty if no trial has it. */
    public SortedMap<Long, Double> values(String variant, String measure) {
        return measures(variant).getOrDefault(measure, Collections.emptySortedMap());
    }

    /** Returns the mean over seeds, or NaN without values. */
    public double mean(String variant, String measure) {
        return values(variant, measure).values().stream().mapToDouble(v -> v).average().orElse(Double.NaN);
    }

    /** Returns the standard deviation of the sample, or NaN for fewer than two values. */
    public double sd(String variant, String measure) {
        var values = values(variant, measure).values();
        double mean = mean(variant, measure);
        return values.size() < 2 ? Double.NaN
                : Math.sqrt(values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum() / (values.size() - 1));
    }

    /** Returns the difference of a measure over the seeds that both variants have. */
    Difference difference(String variant, String base, String measure) {
        var values = values(variant, measure);
        var differences = new ArrayList<Double>();
        values(base, measure).forEach((seed, value) -> {
            if (values.get(seed) instanceof Double other) differences.add(other - value);
        });
        return Difference.of(differences);
    }

    /** Adds a measure that is another one relative to that of the variant {@code base}, in each seed. */
    void relative(String measure, String base, String name) {
        var divisors = values(base, measure);
        for (String variant : List.copyOf(variants()))
            values(variant, measure).forEach((seed, value) -> {
                if (divisors.get(seed) instanceof Double divisor) add(variant, name, seed, value / divisor);
            });
    }

    /** Returns a curve by seed; empty if no trial has it. */
    SortedMap<Long, double[]> curves(String variant, String curve) {
        return Objects.requireNonNull(curves.get(variant), variant).getOrDefault(curve, Collections.emptySortedMap());
    }

    /** Returns the names of all curves. */
    Set<String> curveNames() {
        var names = new LinkedHashSet<String>();
        curves.values().forEach(c -> names.addAll(c.keySet()));
        return names;
    }

    /** Returns the mean over seeds of a curve, by variant, of those that have it. */
    Map<String, double[]> meanCurves(String curve) {
        var means = new LinkedHashMap<String, double[]>();
        for (String variant : curves.keySet()) {
            var seeds = curves(variant, curve).values();
            if (seeds.isEmpty()) continue;
            var sum = new double[seeds.stream().mapToInt(c -> c.length).min().orElseThrow()];
            for (double[] c : seeds) for (int i = 0; i < sum.length; i++) sum[i] += c[i] / seeds.size();
            means.put(variant, sum);
        }
        return means;
    }
}
