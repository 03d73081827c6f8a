package panatorch.apps;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.serialize.AtomicFile;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A run as a command has it: from its folder to what is told of its end.
 *
 * @param spec whose options are the run's configuration
 */
record Conductor(CommandSpec spec, RunOptions options, Interruption interruption) {
    /** What else of the set a checkpoint needs. */
    @FunctionalInterface
    interface Companions {
        void saveTo(Path folder) throws IOException;
    }

    /** @param learning begins it, once the folder is there; @return the exit status */
    int run(Job job, Companions companions, Supplier<Learning> learning) throws IOException {
        if (interruption.asked()) return interruption.report(spec.commandLine().getErr(), "nothing was begun");
        Path asked = options.out, resumed = options.resume;
        Path folder = OutputFolder.prepare(resumed != null ? resumed : asked != null ? asked : OutputFolder.standard(job.model()));
        Map<String, Object> config = ConfigFile.of(spec);
        AtomicFile.write(folder.resolve(ConfigFile.NAME), Metrics.JSON.writeValueAsBytes(config));
        companions.saveTo(folder);
        if (resumed == null) OutputFolder.removeCheckpoints(folder);
        try (var log = RunLog.open(folder, spec.commandLine().getOut(), options.silent()); var begun = learning.get()) {
            PrintWriter out = log.out();
            out.println(begun.describe());
            out.flush();
            var run = new Run(job, begun, options, config, folder, out);
            Run.End end = run.train(interruption);
            if (options.json) tell(end, run.measured(), folder, config);
            return switch (end) {
                case FINISHED -> finished(run, job, folder, out);
                case PAUSED -> {
                    out.println("Stopped after epoch " + options.stopAfter + " of " + job.epochs() + ". Go on with: " + run.resume());
                    yield 0;
                }
                case INTERRUPTED -> interruption.report(spec.commandLine().getErr(), "the run goes on with " + run.resume());
            };
        }
    }

    /** What {@code --json} prints. @param end finished, paused or interrupted; @param result and others as metrics.json has them, null before the first epoch is over */
    private record Result(String end, String folder, @JsonProperty("final") Metrics.@Nullable Final result, Metrics.@Nullable Epoch best, int epochs,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Map<String, Metrics.Score> comparison, Map<String, Object> config) {}

    private void tell(Run.End end, @Nullable Metrics m, Path folder, Map<String, Object> config) throws IOException {
        var result = m == null ? new Result(Names.of(end), folder.toString(), null, null, 0, null, config)
                : new Result(Names.of(end), folder.toString(), m.result(), m.best(), m.epochs().size(), m.comparison(), config);
        spec.commandLine().getOut().println(Metrics.JSON_LINE.writeValueAsString(result));
        spec.commandLine().getOut().flush();
    }

    private int finished(Run run, Job job, Path folder, PrintWriter out) throws IOException {
        Metrics metrics = run.measured();
        if (metrics == null) throw new IllegalStateException("a run of no epochs");
        Summary.print(metrics, job.dataset().items(), out);
        boolean drawn = Curves.tryWrite(folder.resolve(Run.CURVES), metrics);
        if (!drawn) spec.commandLine().getErr().println("panatorch: " + Run.CURVES + " could not be drawn: Java finds no fonts");
        out.printf(Locale.ROOT, "%-12s%s%n", "written", "metrics.json" + (drawn ? ", " + Run.CURVES : "") + ", " + Run.REPORT + ", best.safetensors and " + Run.WEIGHTS + " in " + folder);
        out.flush();
        return 0;
    }
}
