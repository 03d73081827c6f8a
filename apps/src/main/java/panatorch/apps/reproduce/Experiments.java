package panatorch.apps.reproduce;

import java.util.List;
import java.util.stream.Stream;

/** All of them, in the order in which they are listed. */
public final class Experiments {
    private Experiments() {}

    public static final List<Experiment> ALL = Stream.of(MultiSampleExperiments.ALL, GyroExperiments.ALL, DistillationExperiments.ALL).flatMap(List::stream).toList();
}
