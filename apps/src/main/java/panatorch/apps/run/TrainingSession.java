package panatorch.apps.run;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import panatorch.apps.console.RunFailure;
import panatorch.apps.console.ShellWord;
import panatorch.apps.measures.DataIdentity;
import panatorch.apps.measures.Metrics;
import panatorch.apps.measures.Predictions;
import panatorch.apps.measures.Progress;
import panatorch.apps.measures.Quality;
import panatorch.apps.measures.TestLoop;
import panatorch.apps.options.ConfigFile;
import panatorch.apps.options.DamagedName;
import panatorch.apps.options.ModelName;
import panatorch.apps.options.OutputFolder;
import panatorch.apps.options.RunOptions;
import panatorch.apps.report.HtmlReport;
import panatorch.apps.report.ProgressDisplay;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.distributed.ProcessGroup;
import panatorch.models.Classifier;
import panatorch.serialize.Safetensors;
import panatorch.train.Callback;
import panatorch.train.Checkpointing;
import panatorch.train.EarlyStopping;
import panatorch.train.FlightRecording;
import panatorch.train.Metric;
import panatorch.train.TensorBoard;
import panatorch.train.Trainer;

/** Trains a recipe with a {@code Trainer}, and on rank 0 writes the files of the run's folder. For one thread; owns nothing. */
final class TrainingSession {
    /** The ways in which a run ends without an error. */
    enum End { FINISHED, PAUSED, INTERRUPTED }

    private final TrainingSetup setup;
    private final Recipe recipe;
    private final RunOptions options;
    private final Map<String, String> metadata;
    private final Path folder;
    private final PrintWriter out;
    private final EpochLog log;
    private final DataLoader train, test;

    /**
     * Creates a session.
     *
     * @param setup the data set and the length of the run
     * @param recipe what is trained
     * @param options the run's options
     * @param config the run's configuration
     * @param metadata metadata of the weights
     * @param folder the run's folder
     * @param out where the run's output is printed
     */
    TrainingSession(TrainingSetup setup, Recipe recipe, RunOptions options, Map<String, Object> config, Map<String, String> metadata,
            Path folder, PrintWriter out) {
        this.setup = setup;
        this.recipe = recipe;
        this.options = options;
        this.metadata = metadata;
        this.folder = folder;
        this.out = out;
        train = setup.trainLoader();
        test = setup.testLoader();
        log = new EpochLog(folder, config, DataIdentity.of(setup.dataset(), setup.train(), setup.test()), recipe, options.monitor);
    }

    /** Returns the measures so far, or null before the first epoch is over. */
    @Nullable Metrics measured() {
        return log.epochs().isEmpty() ? null : log.metrics();
    }

    /** Returns the names of the damaged training and test images that were left out so far. */
    List<String> skipped() {
        return Stream.concat(train.skipped().stream(), test.skipped().stream()).toList();
    }

    /** Returns the command that repeats the run. */
    String repeat() {
        return "panatorch " + setup.command() + " --config " + ShellWord.of(folder.resolve(ConfigFile.NAME));
    }

    /** Returns the command that resumes the run. */
    String resume() {
        return "panatorch " + setup.command() + " --resume " + ShellWord.of(folder);
    }

    /** Trains to the end, to the epoch of {@code --stop-after}, or to Ctrl-C. */
    End train(Interruption interruption) throws IOException {
        var callbacks = new ArrayList<>(recipe.callbacks());
        var progress =
                new RunProgress(log, done -> ProgressDisplay.of(setup.plan((int) done), out, options.silent()), out, options, recipe);
        var pause = new Pause(options.stopAfter);
        callbacks.add(log);
        callbacks.add(progress);
        if (setup.earlyStop() != null) callbacks.add(new EarlyStopping(setup.measure().toString(), setup.earlyStop()));
        callbacks.add(pause);
        callbacks.add(new Checkpointing(folder, setup.measure().toString(), options.checkpointEvery, metadata));
        if (options.tensorboard) callbacks.add(new TensorBoard(folder));
        if (options.flightRecording) callbacks.add(new FlightRecording());
        callbacks.add(interruption);
        var builder = Trainer.of(recipe.model(), recipe.optimizer(), recipe.objective()).evaluateBy(TestLoop.OBJECTIVE)
                .metrics(Metric.ACCURACY).device(setup.device()).precision(setup.precision()).memoryFormat(ModelName.FORMAT)
                .accumulate(setup.accumulate()).callbacks(callbacks.toArray(Callback[]::new));
        ProcessGroup group = setup.group();
        if (group != null) builder.distributed(group);
        try (progress; var recording = FlightRecordings.start(options.flightRecording && setup.rank() == 0, folder);
                var trainer = builder.build()) {
            if (options.resume != null) resume(trainer);
            try {
                trainer.fit(train, test, setup.epochs());
            } catch (Interruption.Interrupted e) {
                trainer.save(folder.resolve(Checkpointing.LAST)); // Ctrl-C during a test, which resuming repeats
            }
            if (interruption.requested() || Interruption.REASON.equals(trainer.stopReason())) return End.INTERRUPTED;
            if (pause.reached() && trainer.history().size() < setup.epochs()) return End.PAUSED;
            if (setup.rank() > 0) return End.FINISHED;
            progress.close();
            if (trainer.stopReason() != null) out.println("Stopped early: " + trainer.stopReason() + ".");
            recipe.finish();
            var trained = (Classifier) trainer.evaluated();
            Safetensors.save(folder.resolve(OutputFolder.WEIGHTS), trained.stateDict(), metadata);
            if (recipe.compares()) compare(interruption);
            report(trained, interruption);
            return End.FINISHED;
        } catch (Interruption.Interrupted e) {
            return End.INTERRUPTED; // Ctrl-C during the comparison: everything else is written
        } catch (UncheckedIOException e) {
            throw unwritten(e.getCause(), e);
        } catch (IOException e) {
            throw unwritten(e, e);
        }
    }

    private void compare(Interruption interruption) throws IOException {
        out.println("Comparing with the teacher…");
        out.flush();
        var scores = new LinkedHashMap<>(recipe.baselines(interruption::check));
        Metrics.Final own = log.metrics().result();
        scores.put("student", Metrics.Score.of(own.testAccuracy(), own.testLoss()));
        log.compared(scores);
    }

    /** Evaluates the saved weights on the test set and writes {@code report.html}. */
    private void report(Classifier trained, Interruption interruption) throws IOException {
        Dataset shown = DamagedName.without(setup.test(), test.skipped());
        try (var progress = Progress.none(); var predictions = Predictions.of(trained, Predictions.PLAIN, setup.testLoader(shown),
                setup.precision(), setup.device(), progress, interruption::check)) {
            HtmlReport.write(folder.resolve(OutputFolder.REPORT), log.metrics(), Quality.of(predictions, shown.classNames()), predictions,
                    shown, setup.dataset(), repeat());
        } catch (Interruption.Interrupted e) {
            return; // everything else is written
        } catch (RuntimeException | LinkageError | InternalError e) {
            out.println(OutputFolder.REPORT + " could not be made: " + e); // weights are worth more than a page
        }
    }

    private void resume(Trainer trainer) throws IOException {
        Path last = folder.resolve(Checkpointing.LAST);
        if (!Files.exists(last)) {
            out.println("There is no checkpoint in " + folder + " yet: the run begins anew.");
            return;
        }
        try {
            trainer.load(last);
        } catch (IOException | IllegalArgumentException e) {
            throw new InputException("the run cannot be resumed from " + last + ": "
                    + (e instanceof IOException io ? InputException.reason(io) : "it is of another network, or was trained by other rules"),
                    e);
        }
        int done = trainer.history().size();
        if (done >= setup.epochs()) out.println("All " + done + " epochs are done already.");
        else out.printf(Locale.ROOT, "Resumed after step %,d, in epoch %d of %d.%n", trainer.steps(), done + 1, setup.epochs());
        out.flush();
    }

    /** Explains that a file could not be written, as on a full disk. Older files are still whole. */
    private RunFailure unwritten(@Nullable IOException cause, Exception e) {
        String reason = cause == null ? String.valueOf(e.getMessage()) : InputException.reason(cause);
        Path last = folder.resolve(Checkpointing.LAST);
        return new RunFailure(
                "a file of the run could not be written: " + reason + (Files.exists(last) ? "; the last good checkpoint is whole, " + last
                        + ": make room, then go on with " + resume() : "; there is no checkpoint yet"),
                e);
    }

    /** Ends training after the epoch of {@code --stop-after}. */
    private static final class Pause implements Callback {
        private final @Nullable Integer after;
        private boolean reached;

        Pause(@Nullable Integer after) { this.after = after; }

        boolean reached() { return reached; }

        @Override public void epochEnd(Trainer trainer) {
            reached = after != null && trainer.epoch() >= after;
            if (reached) trainer.stop("asked for");
        }
    }
}
