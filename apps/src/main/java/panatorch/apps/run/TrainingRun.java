package panatorch.apps.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.Counted;
import panatorch.apps.console.ExitStatus;
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
 * A run of {@code train} or {@code distill}: prepares its folder, trains, and prints how it ended and which files it wrote.
 *
 * @param spec the command
 * @param options options for the run's folder and output
 * @param config the run's configuration, as {@code config.json} holds it
 * @param interruption Ctrl-C
 */
public record TrainingRun(CommandSpec spec, RunOptions options, Map<String, Object> config, Interruption interruption) {
    /**
     * Runs to the end, to the epoch of {@code --stop-after}, or to Ctrl-C.
     *
     * @param recipes creates the recipe, before an older run in the folder is removed
     * @return the exit status
     */
    public int run(TrainingSetup setup, Supplier<Recipe> recipes) throws IOException {
        if (interruption.requested()) return interruption.report(spec.commandLine().getErr(), "nothing was begun");
        try (var recipe = recipes.get()) {
            Path asked = options.out, resumed = options.resume;
            Path folder = resumed != null ? resumed : asked != null ? asked : OutputFolder.standard(setup.model());
            if (setup.rank() > 0) return follow(setup, recipe, folder);
            OutputFolder.prepare(folder);
            boolean replaced = resumed == null && OutputFolder.removeRun(folder);
            Map<String, String> metadata = setup.metadata(recipe.pBeforeHead());
            ConfigFile.write(folder, config, metadata);
            setup.data().saveTo(folder);
            return run(setup, recipe, folder, metadata, replaced);
        }
    }

    /** Trains on a rank that prints and writes nothing. */
    private int follow(TrainingSetup setup, Recipe recipe, Path folder) throws IOException {
        var session = new TrainingSession(setup, recipe, options, config, Map.of(), folder, new PrintWriter(Writer.nullWriter()));
        return session.train(interruption) == TrainingSession.End.INTERRUPTED ? ExitStatus.INTERRUPTED : 0;
    }

    private int run(TrainingSetup setup, Recipe recipe, Path folder, Map<String, String> metadata, boolean replaced) throws IOException {
        try (var log = RunLog.open(folder, spec.commandLine().getOut(), options.silent())) {
            PrintWriter out = log.out();
            if (replaced) out.println("The older run in " + folder + " is replaced.");
            out.println(recipe.describe());
            if (setup.ranks() > 1)
                out.println("Each of " + setup.ranks() + " ranks trains " + setup.batchSize() / setup.ranks() + " of the "
                        + setup.batchSize() + " " + setup.dataset().items() + " of a batch.");
            out.flush();
            var session = new TrainingSession(setup, recipe, options, config, metadata, folder, out);
            TrainingSession.End end = session.train(interruption);
            if (end == TrainingSession.End.FINISHED) summarize(session, setup, folder, out);
            printSkipped(session.skipped(), log);
            out.println("written     " + String.join(", ", OutputFolder.runFiles(folder)) + " in " + folder);
            if (end == TrainingSession.End.PAUSED) {
                out.println("Stopped after epoch " + options.stopAfter + " of " + setup.epochs() + ". Go on with: " + session.resume());
            }
            out.flush();
            if (options.json) printJson(end, session, folder);
            return end == TrainingSession.End.INTERRUPTED
                    ? interruption.report(spec.commandLine().getErr(), "the run goes on with " + session.resume()) : 0;
        }
    }

    private void summarize(TrainingSession session, TrainingSetup setup, Path folder, PrintWriter out) throws IOException {
        Metrics metrics = session.measured();
        if (metrics == null) throw new IllegalStateException("a run of no epochs");
        Summary.print(metrics, setup.dataset().items(), out);
        boolean drawn = Curves.tryWrite(folder.resolve(OutputFolder.CURVES), metrics);
        if (!drawn) spec.commandLine().getErr().println("panatorch: " + OutputFolder.CURVES + " could not be drawn: Java finds no fonts");
    }

    private static void printSkipped(List<String> skipped, RunLog log) {
        if (skipped.isEmpty()) return;
        log.out().println("skipped     " + Counted.of(skipped.size(), "damaged image") + ", which run.log names");
        skipped.forEach(name -> log.note("damaged: " + name));
    }

    /**
     * The object that {@code --json} prints.
     *
     * @param end how the run ended: finished, paused or interrupted
     * @param folder the run's folder
     * @param result the final measures, as {@code metrics.json} holds them; null before the first epoch is over
     * @param best the measures of the best epoch; null before the first epoch is over
     * @param epochs finished epochs
     * @param comparison scores of a student and its teacher; null for other runs
     * @param skipped names of the damaged images that were left out
     * @param config the run's configuration
     */
    private record Result(String end, String folder, @JsonProperty("final") Metrics.@Nullable Final result, @Nullable EpochMetrics best,
            int epochs,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Map<String, Metrics.Score> comparison,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> skipped, Map<String, Object> config) {}

    private void printJson(TrainingSession.End end, TrainingSession session, Path folder) throws IOException {
        Metrics m = session.measured();
        var result = m == null ? new Result(Names.of(end), folder.toString(), null, null, 0, null, session.skipped(), config)
                : new Result(Names.of(end), folder.toString(), m.result(), m.best(), m.epochs().size(), m.comparison(), session.skipped(),
                        config);
        spec.commandLine().getOut().println(Json.LINE.writeValueAsString(result));
        spec.commandLine().getOut().flush();
    }
}
