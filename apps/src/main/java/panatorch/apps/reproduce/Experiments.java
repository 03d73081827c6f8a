package panatorch.apps.reproduce;

import java.util.List;

/** All of them, in the order in which they are listed. */
public final class Experiments {
    private Experiments() {}

    public static final List<Experiment> ALL = List.copyOf(MultiSampleExperiments.ALL);
}
