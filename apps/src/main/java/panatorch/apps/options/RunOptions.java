package panatorch.apps.options;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for a run's folder, its resumption and its output. */
public final class RunOptions {
    @Option(names = "--out", paramLabel = "DIR",
            description = "the run's folder, whose older files are replaced; default: runs/<time>-<model>")
    public @Nullable Path out;

    @Option(names = "--config", paramLabel = "FILE",
            description = "JSON file with options, such as the config.json of a run; options of the command line take precedence")
    @Nullable
    Path config;

    @Option(names = "--resume", paramLabel = "DIR",
            description = "resumes the run in this folder, bit for bit as if it had not been stopped")
    public @Nullable Path resume;

    @Option(names = "--stop-after", paramLabel = "EPOCH", description = "stops after this epoch, to be resumed later")
    public @Nullable Integer stopAfter;

    @Option(names = "--checkpoint-every", paramLabel = "STEPS", defaultValue = "0",
            description = "writes last.ckpt every so many steps, as well as after each epoch")
    public int checkpointEvery;

    @Option(names = "--monitor", description = "rewrites curves.png and training_monitor.json after each epoch")
    public boolean monitor;

    @Option(names = "--tensorboard", description = "writes event files for TensorBoard into the run's folder")
    public boolean tensorboard;

    @Option(names = "--flight-recording", description = "records steps and epochs for JDK Mission Control, in recording.jfr")
    public boolean flightRecording;

    @Option(names = "--keep-going", description = "goes on when the loss becomes NaN or infinite")
    public boolean keepGoing;

    @Option(names = "--verbose", description = "also shows what the libraries log")
    public boolean verbose;

    @Option(names = "--quiet", description = "shows errors only; run.log in the run's folder has the rest")
    public boolean quiet;

    @Option(names = "--json", description = "print nothing but one JSON object")
    public boolean json;

    /** Returns whether the run prints nothing about its course. */
    public boolean silent() { return quiet || json; }

    public void check() {
        OptionCheck.atLeast("--stop-after", stopAfter, 1);
        OptionCheck.atLeast("--checkpoint-every", checkpointEvery, 0);
    }
}
