package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.datasets.Dataset;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code panatorch train}. */
@Command(name = "train", description = "Trains a network on images, and writes its weights, its metrics and a picture of them.", footer = {
        "", "Examples:",
        "  panatorch train",
        "  panatorch train --dataset cifar10 --data DIR --epochs 30 --out runs/cifar",
        "  panatorch train --model resnet32 --dropout standard --dropout-p 0.2 --precision fp32"})
final class TrainCommand implements Callable<Integer> {
    @Mixin private TrainOptions options;
    @Spec private CommandSpec spec;

    @Override public Integer call() throws IOException {
        options.check();
        try (var interruption = Interruption.watch(); Dataset train = options.dataset.train(options.data); Dataset test = options.dataset.test(options.data)) {
            Device device = options.device.resolve();
            Precision precision = options.precision.resolve(device);
            Path asked = options.out, folder = OutputFolder.prepare(asked == null ? OutputFolder.standard(options.model) : asked);
            try (var run = new Run(options.resolve(folder, device, precision), limited(train, options.limitTrain), limited(test, options.limitTest), device, precision)) {
                return train(run, interruption, folder);
            }
        }
    }

    static Dataset limited(Dataset set, @Nullable Integer limit) { return limit == null ? set : set.limit(limit); }

    private int train(Run run, Interruption interruption, Path folder) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        out.println(run.describe());
        out.flush();
        Metrics metrics;
        try (var progress = Progress.of(run.plan(), out)) {
            metrics = run.train(progress, interruption, folder.resolve("metrics.json"));
        } catch (Interruption.Interrupted e) {
            return interruption.report(spec.commandLine().getErr(), run.epochs() == 0 ? "no epoch was finished and nothing written"
                    : folder.resolve("metrics.json") + " has the " + run.epochs() + " finished epochs; weights were not written");
        }
        run.save(folder.resolve("model.safetensors"));
        Summary.print(metrics, out);
        String picture = curves(folder, metrics) ? ", curves.png" : "";
        out.printf(Locale.ROOT, "%-12smetrics.json%s and model.safetensors in %s%n", "written", picture, folder);
        out.flush();
        return 0;
    }

    /** Weights are worth more than a picture: where Java finds no fonts to draw with, the run has succeeded all the same. */
    private boolean curves(Path folder, Metrics metrics) throws IOException {
        try {
            Curves.write(folder.resolve("curves.png"), metrics);
            return true;
        } catch (RuntimeException | LinkageError | InternalError e) {
            spec.commandLine().getErr().println("panatorch: curves.png could not be drawn: " + e);
            return false;
        }
    }
}
