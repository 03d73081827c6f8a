package panatorch.apps.reproduce;

import java.util.Map;

/**
 * One of the things that an experiment compares.
 *
 * @param name name in reports and on the command line, without commas
 * @param published values of the same measures that a paper or an implementation reports
 * @param trial trains and measures the variant
 */
public record Variant(String name, Map<String, Double> published, Trial trial) {
    public Variant {
        if (name.contains(",")) throw new IllegalArgumentException("commas separate names on the command line, and '" + name + "' has one");
    }

    /** Returns the name as a part of a file's name. */
    String fileName() {
        return name.replaceAll("[^\\p{Alnum}=.-]+", "-").replaceAll("^-|-$", "");
    }
}
