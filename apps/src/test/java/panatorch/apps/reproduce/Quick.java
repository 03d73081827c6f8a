package panatorch.apps.reproduce;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.amp.Precision;

/** Runs experiments at the quick scale with one seed. */
final class Quick {
    private Quick() {}

    static Experiment named(String name) {
        return Experiments.ALL.stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
    }

    static Lab lab(@Nullable Path data, int epochs, int examples) { return lab(data, null, epochs, examples, () -> {}); }

    static Lab lab(@Nullable Path data, Lab.@Nullable Choice choice, int epochs, int examples, Runnable interruption) {
        return new Lab(data, choice, Scale.QUICK, Lab.firstSeeds(1), epochs, examples, Device.CPU, Precision.FP32, line -> {},
                interruption);
    }

    static Set<String> names(Study study) {
        return study.variants().stream().map(Variant::name).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    static Report run(Experiment experiment, Lab lab, Path folder) throws IOException {
        try (Study study = experiment.open(lab)) {
            return experiment.run(lab, study, folder, names(study));
        }
    }
}
