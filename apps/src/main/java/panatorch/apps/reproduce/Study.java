package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** An experiment at one scale: its variants, and what a report says about them. Owns the data set until it is closed. */
public final class Study implements AutoCloseable {
    /**
     * A difference that the report shows, taken between the trials of equal seeds.
     *
     * @param variant name of the variant
     * @param base name of the variant with which it is compared
     */
    record Comparison(String variant, String base) {}

    private final Map<String, Object> settings = new LinkedHashMap<>();
    private final List<Variant> variants = new ArrayList<>();
    private final List<Comparison> comparisons = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Examples data;
    private Consumer<Findings> derived = f -> {};

    /**
     * Creates a study without variants.
     *
     * @param lab the scale
     * @param data the data set, which this study closes
     */
    Study(Lab lab, Examples data) {
        this.data = data;
        settings.put("scale", lab.scale().toString());
        settings.put("precision", lab.precision().toString());
        settings.putAll(data.settings());
    }

    /** Adds a setting that decides the numbers. Results of other settings are never mixed with these. */
    Study setting(String name, Object value) {
        settings.put(name, value.toString());
        return this;
    }

    Study variant(String name, Trial trial) { return variant(name, Map.of(), trial); }

    Study variant(String name, Map<String, Double> published, Trial trial) {
        var v = new Variant(name, published, trial);
        for (Variant other : variants)
            if (other.fileName().equals(v.fileName()))
                throw new IllegalArgumentException("the variants '" + name + "' and '" + other.name() + "' would share a file");
        variants.add(v);
        return this;
    }

    /** Reports the differences between {@code variant} and {@code base}. */
    Study compare(String variant, String base) {
        comparisons.add(new Comparison(variant, base));
        return this;
    }

    /** Reports the differences between every other variant so far and {@code base}. */
    Study compareAllWith(String base) {
        for (Variant v : variants) if (!v.name().equals(base)) compare(v.name(), base);
        return this;
    }

    /** Adds measures that follow from those of several variants, each time a report is made. */
    Study derive(Consumer<Findings> derivation) {
        derived = derived.andThen(derivation);
        return this;
    }

    Study note(String note) {
        notes.add(note);
        return this;
    }

    Map<String, Object> settings() { return settings; }

    /** Returns the variants in the order of the report. */
    public List<Variant> variants() { return variants; }

    List<Comparison> comparisons() { return comparisons; }

    /** Returns what a reader of the table must know, such as how the settings differ from the paper's. */
    public List<String> notes() {
        return notes;
    }

    Consumer<Findings> derived() { return derived; }

    @Override public void close() { data.close(); }
}
