package panatorch.apps.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.Counted;
import panatorch.apps.console.Json;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.Metrics;
import panatorch.apps.options.ConfigFile;
import panatorch.apps.options.Names;
import panatorch.apps.options.OutputFolder;
import panatorch.apps.options.RunOptions;
import panatorch.apps.report.Curves;
import panatorch.apps.report.Summary;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A run as a command has it: from its folder to what is told of its end.
 *
 * @param spec the command that began it
 * @param options the options of the run
 * @param config its configuration, as config.json holds it
 * @param interruption Ctrl-C
 */
public record TrainingRun(CommandSpec spec, RunOptions options, Map<String, Object> config, Interruption interruption) {
    /** @param recipes begins it, before an older run in its folder is touched; @return the exit status */
    public int run(TrainingSetup setup, Supplier<Recipe> recipes) throws IOException {
        if (interruption.requested()) return interruption.report(spec.commandLine().getErr(), "nothing was begun");
        try (var recipe = recipes.get()) {
            Path asked = options.out, resumed = options.resume;
            Path folder = OutputFolder.prepare(resumed != null ? resumed : asked != null ? asked : OutputFolder.standard(setup.model()));
            boolean replaced = resumed == null && OutputFolder.removeRun(folder);
            Map<String, String> weights = setup.metadata(recipe.pBeforeHead());
            ConfigFile.write(folder, config, weights);
            setup.data().saveTo(folder);
            return run(setup, recipe, folder, weights, replaced);
        }
    }

    private int run(TrainingSetup setup, Recipe recipe, Path folder, Map<String, String> weights, boolean replaced) throws IOException {
        try (var log = RunLog.open(folder, spec.commandLine().getOut(), options.silent())) {
            PrintWriter out = log.out();
            if (replaced) out.println("The older run in " + folder + " is replaced.");
            out.println(recipe.describe());
            out.flush();
            var run = new TrainingSession(setup, recipe, options, config, weights, folder, out);
            TrainingSession.End end = run.train(interruption);
            tellSkipped(run.skipped(), log);
            if (options.json) tell(end, run, folder);
            return switch (end) {
                case FINISHED -> finished(run, setup, folder, out);
                case PAUSED -> {
                    out.println("Stopped after epoch " + options.stopAfter + " of " + setup.epochs() + ". Go on with: " + run.resume());
                    yield 0;
                }
                case INTERRUPTED -> interruption.report(spec.commandLine().getErr(), "the run goes on with " + run.resume());
            };
        }
    }

    /** What {@code --json} prints. @param end finished, paused or interrupted; @param result and others as metrics.json has them, null before the first epoch is over */
    private record Result(String end, String folder, @JsonProperty("final") Metrics.@Nullable Final result, @Nullable EpochMetrics best, int epochs,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Map<String, Metrics.Score> comparison, @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> skipped, Map<String, Object> config) {}

    private static void tellSkipped(List<String> skipped, RunLog log) {
        if (skipped.isEmpty()) return;
        log.out().println("skipped     " + Counted.of(skipped.size(), "damaged image") + ", which run.log names");
        skipped.forEach(name -> log.note("damaged: " + name));
    }

    private void tell(TrainingSession.End end, TrainingSession run, Path folder) throws IOException {
        Metrics m = run.measured();
        var result = m == null ? new Result(Names.of(end), folder.toString(), null, null, 0, null, run.skipped(), config)
                : new Result(Names.of(end), folder.toString(), m.result(), m.best(), m.epochs().size(), m.comparison(), run.skipped(), config);
        spec.commandLine().getOut().println(Json.LINE.writeValueAsString(result));
        spec.commandLine().getOut().flush();
    }

    private int finished(TrainingSession run, TrainingSetup setup, Path folder, PrintWriter out) throws IOException {
        Metrics metrics = run.measured();
        if (metrics == null) throw new IllegalStateException("a run of no epochs");
        Summary.print(metrics, setup.dataset().items(), out);
        boolean drawn = Curves.tryWrite(folder.resolve(OutputFolder.CURVES), metrics);
        if (!drawn) spec.commandLine().getErr().println("panatorch: " + OutputFolder.CURVES + " could not be drawn: Java finds no fonts");
        out.printf(Locale.ROOT, "%-12s%s%n", "written", "metrics.json" + (drawn ? ", " + OutputFolder.CURVES : "") + ", " + OutputFolder.REPORT + ", best.safetensors and " + OutputFolder.WEIGHTS + " in " + folder);
        out.flush();
        return 0;
    }
}
