package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Torch;
import panatorch.apps.console.InputException;
import panatorch.apps.options.DatasetName;
import panatorch.apps.options.DeviceName;
import panatorch.apps.options.OptionCheck;
import panatorch.apps.options.OutputFolder;
import panatorch.apps.options.PrecisionName;
import panatorch.apps.options.SpellingHint;
import panatorch.apps.reproduce.Experiment;
import panatorch.apps.reproduce.Experiments;
import panatorch.apps.reproduce.Lab;
import panatorch.apps.reproduce.Report;
import panatorch.apps.run.Interruption;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch reproduce}. */
@Command(name = "reproduce",
        description = "Repeats a published experiment at a scale for a small machine, and writes a table, a plot and all numbers.",
        footer = {
            "", "Examples:",
            "  panatorch reproduce",
            "  panatorch reproduce msd-samples --data DIR",
            "  panatorch reproduce msd-vgg16 --dataset cifar100 --data DIR",
            "  panatorch reproduce distill-mnist --data DIR --full --device cuda"})
final class ReproduceCommand implements Callable<Integer> {
    /** Side of the images that the experiments' networks take, in pixels. */
    private static final int SIDE = 32;

    private static final List<String> NAMES = Experiments.ALL.stream().map(Experiment::name).toList();

    /** The names that a shell completes. */
    static final class Completions implements Iterable<String> {
        @Override public Iterator<String> iterator() { return NAMES.iterator(); }
    }

    @Parameters(arity = "0..1", paramLabel = "NAME", completionCandidates = Completions.class,
            description = "the experiment; without it, lists all")
    private @Nullable String name;

    @Option(names = "--data", paramLabel = "DIR",
            description = "folder of the unpacked data sets; without it experiments on CIFAR-10 use the built-in images")
    private @Nullable Path data;

    @Option(names = "--dataset", paramLabel = "NAME",
            description = "data set that replaces the experiment's own, for msd-vgg16: ${COMPLETION-CANDIDATES}; images of a folder are "
                    + "scaled to 32×32")
    private @Nullable DatasetName dataset;

    @Option(names = "--full", description = "the published settings, for a GPU; the default is a scale that takes minutes on two cores")
    private boolean full;

    @Option(names = "--seeds", paramLabel = "N", defaultValue = "3",
            description = "number of seeds with which each variant is trained; default: ${DEFAULT-VALUE}")
    private int seeds;

    @Option(names = "--epochs", paramLabel = "N", description = "epochs, in place of the experiment's own")
    private @Nullable Integer epochs;

    @Option(names = "--limit-train", paramLabel = "N",
            description = "number of training images, and greatest number of test images, in place of the experiment's own")
    private @Nullable Integer limitTrain;

    @Option(names = "--precision", paramLabel = "PRECISION", defaultValue = "fp32",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    private PrecisionName precision = PrecisionName.FP32;

    @Option(names = "--device", paramLabel = "DEVICE", defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, a GPU if there is one")
    private DeviceName device = DeviceName.AUTO;

    @Option(names = "--out", paramLabel = "DIR", description = "folder for report.md, report.json and plot.png; default: runs/<name>")
    private @Nullable Path out;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override public Integer call() throws IOException {
        PrintWriter text = spec.commandLine().getOut();
        String asked = name;
        if (asked == null) {
            for (Experiment e : Experiments.ALL) text.printf(Locale.ROOT, "  %-30s %s%n", e.name(), e.title());
            return 0;
        }
        OptionCheck.atLeast("--seeds", seeds, 1);
        OptionCheck.atLeast("--epochs", epochs, 1);
        OptionCheck.atLeast("--limit-train", limitTrain, 1);
        Optional<Experiment> found = Experiments.ALL.stream().filter(e -> e.name().equals(asked)).findFirst();
        if (found.isEmpty())
            throw new InputException(
                    "there is no experiment '" + asked + "'" + SpellingHint.of(asked, NAMES) + " panatorch reproduce lists all");
        Experiment experiment = found.get();
        Device place = device.resolve();
        Path given = out, folder = OutputFolder.prepare(given == null ? Path.of("runs", experiment.name()) : given);
        try (var interruption = Interruption.watch()) {
            return run(experiment,
                    new Lab(data, choice(experiment), full, seeds, epochs, limitTrain, place, precision.resolve(place), line -> {
                        text.println(line);
                        text.flush();
                    }, interruption::check), folder, interruption);
        }
    }

    private Lab.@Nullable Choice choice(Experiment experiment) {
        DatasetName chosen = dataset;
        if (chosen == null) return null;
        if (!experiment.anyImages()) throw new InputException(experiment.name() + " has a data set of its own; leave --dataset out");
        if (chosen == DatasetName.SST2) throw new InputException(experiment.name() + " is about images, and sst2 has sentences");
        return new Lab.Choice(chosen.toString(), () -> chosen.train(data, SIDE), () -> chosen.test(data, SIDE));
    }

    private int run(Experiment experiment, Lab lab, Path folder, Interruption interruption) throws IOException {
        PrintWriter text = spec.commandLine().getOut();
        lab.say(String.format(Locale.ROOT, "%s%n%s%n%d %s, %s, %d threads", experiment.title(), experiment.source(), seeds,
                seeds == 1 ? "seed" : "seeds", lab.device(), Torch.numThreads()));
        Report report;
        try {
            report = experiment.run(lab);
        } catch (Interruption.Interrupted e) {
            return interruption.report(spec.commandLine().getErr(), "nothing was written");
        }
        report.write(folder);
        text.println();
        text.print(report.table().markdown());
        report.notes().forEach(n -> text.println("- " + n));
        text.printf("written to %s%n", folder);
        return 0;
    }
}
