package panatorch.apps;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.Dataset;
import panatorch.serialize.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code panatorch train}. */
@Command(name = "train", sortOptions = false, abbreviateSynopsis = true, description = "Trains a network on images or texts, and writes its weights, its metrics and pictures of them.", footer = {
        "", "Examples:",
        "  panatorch train",
        "  panatorch train --dataset cifar10 --data DIR --epochs 30 --ema 0.999 --out runs/cifar",
        "  panatorch train --model vgg16-bn --dropout standard --optimizer adamw --schedule cosine --warm-up 1",
        "  panatorch train --model bert-tiny --dataset sst2 --data DIR --optimizer adamw",
        "  panatorch train --resume runs/cifar",
        "  panatorch train --config runs/cifar/config.json --seed 1"})
final class TrainCommand implements Callable<Integer> {
    @Mixin(name = "All") private TrainOptions options = new TrainOptions();
    @Spec private CommandSpec spec;

    @Override public Integer call() throws IOException {
        options.check();
        RunLog.configure(options.run.verbose, options.run.quiet);
        try (var interruption = Interruption.watch(); Dataset train = options.data.train(); Dataset test = options.data.test()) {
            options.resolve();
            Preparation.of(train, options.model.model); // refuses images that do not fit before a folder is made
            if (interruption.asked()) return interruption.report(spec.commandLine().getErr(), "nothing was begun");
            Path asked = options.run.out, resumed = options.run.resume;
            Path folder = OutputFolder.prepare(resumed != null ? resumed : asked != null ? asked : OutputFolder.standard(options.model.model));
            Map<String, Object> config = ConfigFile.of(spec);
            AtomicFile.write(folder.resolve(ConfigFile.NAME), Metrics.JSON.writeValueAsBytes(config));
            options.data.dataset.saveWith(folder, options.data.data);
            if (resumed == null) OutputFolder.removeCheckpoints(folder);
            try (var log = RunLog.open(folder, spec.commandLine().getOut(), options.run.silent())) {
                return train(config, DataOptions.limited(train, options.data.limitTrain), DataOptions.limited(test, options.data.limitTest), folder, log.out(), interruption);
            }
        }
    }

    private int train(Map<String, Object> config, Dataset train, Dataset test, Path folder, PrintWriter out, Interruption interruption) throws IOException {
        try (var run = new Run(options, config, train, test, folder, out)) {
            out.println(run.describe());
            out.flush();
            Run.End end = run.train(interruption);
            if (options.run.json) tell(end, run, folder);
            return switch (end) {
                case FINISHED -> finished(run.metrics(), folder, out);
                case PAUSED -> {
                    out.println("Stopped after epoch " + options.run.stopAfter + " of " + options.learning.epochs + ". Go on with: panatorch train --resume " + folder);
                    yield 0;
                }
                case INTERRUPTED -> interruption.report(spec.commandLine().getErr(), "the run goes on with panatorch train --resume " + folder);
            };
        }
    }

    /** What {@code --json} prints. @param end finished, paused or interrupted; @param result and {@code best} as metrics.json has them, null before the first epoch is over */
    private record Result(String end, String folder, @JsonProperty("final") Metrics.@Nullable Final result, Metrics.@Nullable Epoch best, int epochs, Map<String, Object> config) {}

    private void tell(Run.End end, Run run, Path folder) throws IOException {
        Metrics m = run.measured();
        var result = new Result(Names.of(end), folder.toString(), m == null ? null : m.result(), m == null ? null : m.best(), m == null ? 0 : m.epochs().size(), ConfigFile.of(spec));
        spec.commandLine().getOut().println(Metrics.JSON_LINE.writeValueAsString(result));
        spec.commandLine().getOut().flush();
    }

    private int finished(Metrics metrics, Path folder, PrintWriter out) throws IOException {
        Summary.print(metrics, out);
        boolean drawn = Curves.tryWrite(folder.resolve("curves.png"), metrics.epochs());
        if (!drawn) spec.commandLine().getErr().println("panatorch: curves.png could not be drawn: Java finds no fonts");
        out.printf(Locale.ROOT, "%-12s%s%n", "written", "metrics.json" + (drawn ? ", curves.png" : "") + ", report.html, best.safetensors and model.safetensors in " + folder);
        out.flush();
        return 0;
    }
}
