package panatorch.apps.reproduce;

import java.util.List;
import java.util.stream.Stream;

/** The list of all experiments, in the order in which the command line shows them. */
public final class Experiments {
    private Experiments() {}

    public static final List<Experiment> ALL =
            Stream.of(MultiSampleExperiments.ALL, GyroExperiments.ALL, DistillationExperiments.ALL, List.of(DropoutMethods.EXPERIMENT))
                    .flatMap(List::stream).toList();
}
