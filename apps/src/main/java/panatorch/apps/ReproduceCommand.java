package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Torch;
import panatorch.apps.console.Counted;
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
import panatorch.apps.reproduce.Scale;
import panatorch.apps.reproduce.SeedList;
import panatorch.apps.reproduce.Study;
import panatorch.apps.reproduce.Variant;
import panatorch.apps.run.Interruption;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch reproduce}. */
@Command(name = "reproduce",
        description = "Repeats a published experiment at a chosen scale, and writes tables, curves and all numbers. What is finished "
                + "is kept: the same command goes on after it was stopped.",
        footer = {
            "", "Examples:",
            "  panatorch reproduce",
            "  panatorch reproduce msd-samples --data DIR",
            "  panatorch reproduce msd-vgg16 --dataset cifar100 --data DIR",
            "  panatorch reproduce distill-mnist --data DIR --scale full --device cuda",
            "  panatorch reproduce msd-samples --data DIR --scale medium --variants M=1,M=8 --seeds 2,3",
            "  panatorch reproduce msd-samples --data DIR --scale medium --merge OTHER-MACHINE"})
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

    @Option(names = "--scale", paramLabel = "SCALE",
            description = "${COMPLETION-CANDIDATES}: minutes on two cores, up to three hours on two cores, or the published settings; "
                    + "default: quick")
    private @Nullable Scale scale;

    @Option(names = "--full", description = "the same as --scale full")
    private boolean full;

    @Option(names = "--seeds", paramLabel = "N|LIST", defaultValue = "3",
            description = "number of seeds with which each variant is trained, or the seeds themselves, as in 2,3 or 4-6; default: "
                    + "${DEFAULT-VALUE}")
    private String seeds = "3";

    @Option(names = "--variants", paramLabel = "NAME", split = ",",
            description = "variants to run, separated by commas; default: all. The report has everything that the folder holds")
    private List<String> variants = List.of();

    @Option(names = "--merge", paramLabel = "DIR", arity = "1..*",
            description = "folders of the same experiment, from other machines, whose finished trials are copied to the output folder; "
                    + "nothing is trained")
    private List<Path> merge = List.of();

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

    @Option(names = "--out", paramLabel = "DIR",
            description = "folder of the results; default: runs/<name>, or runs/<name>-<scale>. The same command goes on with what it "
                    + "has")
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
        OptionCheck.atLeast("--epochs", epochs, 1);
        OptionCheck.atLeast("--limit-train", limitTrain, 1);
        if (full && scale != null && scale != Scale.FULL)
            throw new InputException("--full and --scale " + scale + " contradict each other");
        Optional<Experiment> found = Experiments.ALL.stream().filter(e -> e.name().equals(asked)).findFirst();
        if (found.isEmpty())
            throw new InputException(
                    "there is no experiment '" + asked + "'" + SpellingHint.then(asked, NAMES, "all are listed by panatorch reproduce"));
        Experiment experiment = found.get();
        Scale size = full ? Scale.FULL : scale == null ? Scale.QUICK : scale;
        Device place = device.resolve();
        try (var interruption = Interruption.watch()) {
            var lab = new Lab(data, choice(experiment), size, SeedList.parse(seeds), epochs, limitTrain, place, precision.resolve(place),
                    line -> {
                        text.println(line);
                        text.flush();
                    }, interruption::check);
            try (Study study = experiment.open(lab)) {
                Set<String> chosen = chosen(study);
                Path given = out, standard = Path.of("runs", experiment.name() + (size == Scale.QUICK ? "" : "-" + size)),
                        folder = OutputFolder.prepare(given == null ? standard : given);
                return run(experiment, lab, study, folder, chosen, interruption);
            }
        }
    }

    /** Returns the variants that the user chose, or all. */
    private Set<String> chosen(Study study) {
        List<String> all = study.variants().stream().map(Variant::name).toList();
        for (String v : variants)
            if (!all.contains(v.strip()))
                throw new InputException("there is no variant '" + v + "'" + SpellingHint.then(v, all,
                        "the variants are " + all.stream().map(n -> "'" + n + "'").collect(Collectors.joining(", "))));
        return variants.isEmpty() ? new LinkedHashSet<>(all) : variants.stream().map(String::strip).collect(Collectors.toSet());
    }

    private Lab.@Nullable Choice choice(Experiment experiment) {
        DatasetName chosen = dataset;
        if (chosen == null) return null;
        if (!experiment.anyImages()) throw new InputException(experiment.name() + " has a data set of its own; leave --dataset out");
        if (chosen == DatasetName.SST2) throw new InputException(experiment.name() + " is about images, and sst2 has sentences");
        return new Lab.Choice(chosen.toString(), () -> chosen.train(data, SIDE), () -> chosen.test(data, SIDE));
    }

    private int run(Experiment experiment, Lab lab, Study study, Path folder, Set<String> chosen, Interruption interruption)
            throws IOException {
        PrintWriter text = spec.commandLine().getOut();
        lab.say(String.format(Locale.ROOT, "%s%n%s%nscale %s, seeds %s, %s, %s", experiment.title(), experiment.source(), lab.scale(),
                lab.seeds(), lab.device(), Counted.of(Torch.numThreads(), "thread")));
        Report report;
        try {
            report = merge.isEmpty() ? experiment.run(lab, study, folder, chosen) : experiment.merge(lab, study, folder, merge);
        } catch (Interruption.Interrupted e) {
            return interruption.report(spec.commandLine().getErr(),
                    "the same command goes on from the last epoch; results are in " + folder);
        }
        text.println();
        text.print(report.tables());
        study.notes().forEach(n -> text.println("- " + n));
        if (!report.missing().isEmpty()) text.println("Not complete. Missing: " + String.join("; ", report.missing()));
        text.printf("%s, %s%s are in %s%n", Report.MARKDOWN, Report.JSON, report.hasCurves() ? " and " + Report.CURVES : "", folder);
        return 0;
    }
}
