package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import panatorch.Torch;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.models.Classifier;
import panatorch.nn.Module;
import panatorch.nn.dropout.gyro.GyroDropout;
import panatorch.nn.dropout.gyro.GyroSchedule;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.AveragedModel;
import panatorch.optim.Optimizer;
import panatorch.serialize.Safetensors;
import panatorch.train.Batches;
import panatorch.train.Callback;
import panatorch.train.Checkpointing;
import panatorch.train.ClipGradients;
import panatorch.train.CutMix;
import panatorch.train.EarlyStopping;
import panatorch.train.FlightRecording;
import panatorch.train.Metric;
import panatorch.train.Mixup;
import panatorch.train.Schedule;
import panatorch.train.TensorBoard;
import panatorch.train.Trainer;
import panatorch.train.WeightAveraging;

/** A network being trained, and the files of its folder. Owns the model and the optimiser's state; one thread's. */
final class Run implements AutoCloseable {
    static final String WEIGHTS = "model.safetensors";

    /** How a run may end without an error: all is done, or the rest is to be done later. */
    enum End { FINISHED, PAUSED, INTERRUPTED }

    private final TrainOptions options;
    private final Path folder;
    private final PrintWriter out;
    private final Batches train, test;
    private final int trainImages, testImages;
    private final Dataset testSet;
    private final List<String> classNames;
    private final Preparation preparation;
    private final Classifier model;
    private final @Nullable Module averaged;
    private final @Nullable GyroSchedule subnetworks;
    private final @Nullable GyroDropout gyro;
    private final Optimizer optimizer;
    private final List<Callback> methods = new ArrayList<>();
    private final EpochLog log;

    /** @param options resolved; @param config they as JSON has them */
    Run(TrainOptions options, Map<String, Object> config, Dataset train, Dataset test, Path folder, PrintWriter out) {
        this.options = options;
        this.folder = folder;
        this.out = out;
        testSet = test;
        classNames = test.classNames();
        preparation = Preparation.of(train, options.model.model);
        LearningOptions l = options.learning;
        trainImages = train.size();
        testImages = test.size();
        this.train = Testing.batches(DataLoader.of(train, l.batchSize).shuffle().seed(options.run.seed).transform(preparation.training(!options.data.noAugment, options.data.dataset.mirrors)).build());
        this.test = Testing.batches(test, preparation.testing(), Testing.BATCH_SIZE);
        Torch.manualSeed(options.run.seed);
        model = options.model.model.create(train.classes());
        model.to(options.device(), null, Testing.FORMAT);
        long steps = (this.train.count() + l.accumulate - 1) / l.accumulate;
        subnetworks = options.model.dropout == DropoutName.GYRO ? GyroSchedule.of(options.model.sigma, options.model.tau, l.epochs * steps, options.run.seed) : null;
        gyro = subnetworks == null ? null : replaced(subnetworks);
        if (gyro != null) methods.add(gyro);
        optimizer = l.optimizer.over(model.parameters(), l);
        Schedule schedule = l.schedule.over(optimizer, l, steps);
        methods.add(options.model.method(CrossEntropy.mean().labelSmoothing(l.labelSmoothing)));
        methods.add(schedule);
        if (l.mixup != null) methods.add(new Mixup(l.mixup, train.classes()));
        if (l.cutmix != null) methods.add(new CutMix(l.cutmix, train.classes()));
        if (l.clipNorm != null) methods.add(ClipGradients.norm(l.clipNorm));
        averaged = l.ema == null ? null : Module.copyOf((Module) model);
        if (averaged != null) methods.add(new WeightAveraging(AveragedModel.ema(averaged, l.ema)));
        log = new EpochLog(folder, config, model.parameterCount(), options.run.monitor);
    }

    private GyroDropout replaced(GyroSchedule schedule) {
        try {
            return options.model.gyro(model, schedule);
        } catch (InputException e) {
            schedule.close();
            model.close();
            throw e;
        }
    }

    /** What is about to happen. */
    String describe() {
        LearningOptions l = options.learning;
        int threads = options.run.threads;
        return String.format(Locale.ROOT, "Training %s (%,d parameters, %s) on %s (%,d %s, %,d for testing):%n%,d %s of %,d batches on %s with %d %s in %s (%s), by %s with a %s schedule",
                options.model.model, model.parameterCount(), options.model.describe(), options.data.dataset, trainImages, options.data.dataset.items(), testImages, l.epochs, l.epochs == 1 ? "epoch" : "epochs", train.count(),
                options.device(), threads, threads == 1 ? "thread" : "threads", options.precision(), options.precision().reason(), l.optimizer, l.schedule);
    }

    /** Null before the first epoch is over. */
    @Nullable Metrics measured() { return log.epochs().isEmpty() ? null : log.metrics(); }

    Metrics metrics() { return log.metrics(); }

    /** Trains until the end, or until the user wants it to stop. */
    End train(Interruption interruption) throws IOException {
        LearningOptions l = options.learning;
        var callbacks = new ArrayList<>(methods);
        var progress = new RunProgress(log, done -> Progress.of(new Progress.Plan(l.epochs, (int) done, trainImages, testImages), out, options.run.silent()), options.run.checkpointEvery, options.run.keepGoing);
        var pause = new Pause(options.run.stopAfter);
        callbacks.add(log);
        callbacks.add(progress);
        if (l.earlyStop != null) callbacks.add(new EarlyStopping(l.measure.toString(), l.earlyStop));
        callbacks.add(pause);
        callbacks.add(new Checkpointing(folder, l.measure.toString(), options.run.checkpointEvery, metadata()));
        if (options.run.tensorboard) callbacks.add(new TensorBoard(folder));
        if (options.run.flightRecording) callbacks.add(new FlightRecording());
        callbacks.add(interruption);
        try (progress; var recording = Recordings.start(options.run.flightRecording, folder); var trainer = Trainer.of(model, optimizer, Testing.OBJECTIVE).metrics(Metric.ACCURACY)
                .device(options.device()).precision(options.precision()).memoryFormat(Testing.FORMAT).accumulate(l.accumulate).callbacks(callbacks.toArray(Callback[]::new)).build()) {
            if (options.run.resume != null) resume(trainer);
            try {
                trainer.fit(train, test, l.epochs);
            } catch (Interruption.Interrupted e) {
                trainer.save(folder.resolve(Checkpointing.LAST)); // in the middle of a test, which is repeated later
            }
            if (interruption.asked()) return End.INTERRUPTED;
            if (pause.reached() && trainer.history().size() < l.epochs) return End.PAUSED;
            progress.close();
            if (trainer.stopReason() != null) out.println("Stopped early: " + trainer.stopReason() + ".");
            if (gyro != null) gyro.undo(); // its masks are no weights
            Safetensors.save(folder.resolve(WEIGHTS), trainer.evaluated().stateDict(), metadata());
            report(trainer.evaluated(), interruption);
            return End.FINISHED;
        } catch (UncheckedIOException e) {
            throw unwritten(e.getCause(), e);
        } catch (IOException e) {
            throw unwritten(e, e);
        }
    }

    /** The weights as they were saved say once more what they think of each test image. */
    private void report(Module evaluated, Interruption interruption) throws IOException {
        try (var progress = Progress.none(); var said = Predictions.of((Classifier) evaluated, Predictions.PLAIN, test, testImages, options.precision(), options.device(), progress, interruption::check)) {
            HtmlReport.write(folder.resolve("report.html"), metrics(), Quality.of(said, classNames), said, testSet, "panatorch train --config " + folder.resolve(ConfigFile.NAME));
        } catch (Interruption.Interrupted e) {
            return; // all else is written
        } catch (RuntimeException | LinkageError | InternalError e) {
            out.println("report.html could not be made: " + e); // weights are worth more than a page
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
            throw new InputException("the run cannot be resumed from " + last + ": " + (e instanceof IOException io ? InputException.reason(io) : e.getMessage()), e);
        }
        int done = trainer.history().size();
        if (done >= options.learning.epochs) out.println("All " + done + " epochs are done already.");
        else out.printf(Locale.ROOT, "Resumed after step %,d, in epoch %d of %d.%n", trainer.steps(), done + 1, options.learning.epochs);
        out.flush();
    }

    /** Of a disk that is full, or went away: what was there is there still. */
    private RunFailure unwritten(@Nullable IOException cause, Exception e) {
        String reason = cause == null ? String.valueOf(e.getMessage()) : InputException.reason(cause);
        boolean resumable = Files.exists(folder.resolve(Checkpointing.LAST));
        return new RunFailure("a file of the run could not be written: " + reason + (resumable ? "; the last good checkpoint is whole, " + folder.resolve(Checkpointing.LAST)
                + ": make room, then go on with panatorch train --resume " + folder : "; there is no checkpoint yet"), e);
    }

    /** What {@code evaluate} has to know of the weights, in an order of its own, so that equal runs write equal files. */
    private Map<String, String> metadata() {
        var metadata = new TreeMap<String, String>();
        metadata.put("format", "pt");
        metadata.put("model", options.model.model.toString());
        metadata.put("dataset", options.data.dataset.toString());
        metadata.put("precision", options.precision().toString());
        metadata.put("dropout_p", Double.toString(options.model.pBeforeHead()));
        metadata.putAll(Checkpoint.describe(preparation, classNames));
        return metadata;
    }

    @Override public void close() {
        optimizer.close();
        if (averaged != null) averaged.close();
        if (subnetworks != null) subnetworks.close();
        model.close();
    }

    /** Ends a fit after an epoch that the user named. */
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
