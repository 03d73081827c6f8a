package panatorch.apps.reproduce;

import java.util.Map;

/** Trains and measures one variant of an experiment with one seed. */
@FunctionalInterface
public interface Trial {
    /**
     * Runs from the start or from where an earlier run of the same trial was stopped.
     *
     * @param seed seed of the initial weights, the order of the examples and everything else that is random
     * @param work where the trial keeps what it has done so far
     */
    Result run(long seed, Work work);

    /**
     * The measures of a finished trial.
     *
     * @param measures the measures by name
     * @param curves one value per epoch, by the name of what is measured; empty for none
     */
    record Result(Map<String, Double> measures, Map<String, double[]> curves) {}
}
