package panatorch.apps.reproduce;

import java.util.Map;

/**
 * A finished trial as a file keeps it.
 *
 * @param experiment name of the experiment
 * @param variant name of the variant
 * @param seed seed of the trial
 * @param settings settings that decide the numbers
 * @param machine where it ran
 * @param measures the measures by name
 * @param curves one value per epoch, by the name of what is measured
 * @param seconds time that the trial took, without interruptions
 */
public record FinishedTrial(String experiment, String variant, long seed, Map<String, String> settings, Map<String, String> machine,
        Map<String, Double> measures, Map<String, double[]> curves, double seconds) {
    /** Returns whether another run of the same trial came to the same numbers, apart from times. */
    boolean agreesWith(FinishedTrial other) {
        return Measures.withoutTimes(measures).equals(Measures.withoutTimes(other.measures));
    }
}
