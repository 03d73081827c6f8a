package panatorch.apps;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import panatorch.Device;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.datasets.transforms.Normalize;
import panatorch.models.Classifier;
import panatorch.nn.dropout.multisample.MultiSampleDropout;
import panatorch.nn.dropout.multisample.MultiSampleTraining;
import panatorch.optim.SGD;
import panatorch.serialize.Safetensors;
import panatorch.train.Batches;
import panatorch.train.Callback;
import panatorch.train.Metric;
import panatorch.train.Schedule;
import panatorch.train.Trainer;

/** A network being trained, and {@code metrics.json} rewritten after each epoch. Owns the model and the optimiser's state; one thread's. */
final class Run implements AutoCloseable {
    private final RunConfig config;
    private final Device device;
    private final Precision precision;
    private final Batches train, test;
    private final int trainImages, testImages;
    private final Classifier model;
    private final SGD optimizer;
    private final Schedule schedule;
    private final MultiSampleTraining method;
    private final List<Metrics.Epoch> epochs = new ArrayList<>();

    Run(RunConfig config, Dataset train, Dataset test, Device device, Precision precision) {
        this.config = config;
        this.device = device;
        this.precision = precision;
        trainImages = train.size();
        testImages = test.size();
        this.train = Testing.batches(DataLoader.of(train, config.batchSize()).shuffle().seed(config.seed()).transform(config.dataset().augmentation(train)).build());
        this.test = Testing.batches(test, new Normalize(test.mean(), test.std()), Testing.BATCH_SIZE);
        Torch.manualSeed(config.seed());
        model = config.model().create(train.classes());
        model.to(device, null, Testing.FORMAT);
        optimizer = new SGD(model.parameters(), SGD.options(config.lr()).momentum(config.momentum()).nesterov(config.momentum() > 0).weightDecay(config.weightDecay()).fused(true));
        schedule = Schedule.eachStep(config.schedule().over(optimizer, (long) config.epochs() * this.train.count()));
        var options = MultiSampleDropout.options(config.dropoutSamples()).dropout(config.dropoutP());
        method = MultiSampleTraining.of(config.dropout() == DropoutName.NONE ? options.dropout(null) : options);
    }

    /** What is about to happen. */
    String describe() {
        String dropout = switch (config.dropout()) {
            case NONE -> "no dropout";
            case STANDARD -> "dropout of " + config.dropoutP();
            case MULTI_SAMPLE -> config.dropoutSamples() + " dropout samples of " + config.dropoutP();
        };
        return String.format(Locale.ROOT, "Training %s (%,d parameters, %s) on %s (%,d images, %,d for testing):%n%,d %s of %,d steps on %s with %d %s in %s (%s)",
                config.model(), model.parameterCount(), dropout, config.dataset(), trainImages, testImages, config.epochs(), config.epochs() == 1 ? "epoch" : "epochs", train.count(),
                device, config.threads(), config.threads() == 1 ? "thread" : "threads", precision, precision.reason());
    }

    Progress.Plan plan() { return new Progress.Plan(config.epochs(), trainImages, testImages); }

    /** How many are finished. */
    int epochs() { return epochs.size(); }

    /** All epochs; {@code metricsFile} is rewritten after each. */
    Metrics train(Progress progress, Interruption interruption, Path metricsFile) throws IOException {
        var report = new Callback() {
            private long begun;
            private double trainSeconds;

            @Override public void epochStart(Trainer t) { begun = System.nanoTime(); }

            @Override public void evaluationStart(Trainer t) { trainSeconds = (System.nanoTime() - begun) * 1e-9; }

            @Override public void epochEnd(Trainer t) {
                Trainer.EpochSummary e = t.history().getLast();
                Tally tested = Testing.checked(Tally.of(e.test(), testImages));
                var epoch = new Metrics.Epoch((int) e.epoch(), e.train().get("loss"), e.train().get("accuracy"), tested.loss(), tested.accuracy(), e.seconds(), trainImages / trainSeconds);
                epochs.add(epoch);
                try {
                    metrics().write(metricsFile);
                } catch (IOException x) {
                    throw new UncheckedIOException(x);
                }
                progress.endEpoch(epoch);
            }
        };
        try (var trainer = Trainer.of(model, optimizer, Testing.OBJECTIVE).metrics(Metric.ACCURACY).device(device).precision(precision).memoryFormat(Testing.FORMAT)
                .callbacks(method, schedule, new RunProgress(progress, config.lr()), report, interruption).build()) {
            trainer.fit(train, test, config.epochs());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return metrics();
    }

    private Metrics metrics() {
        Metrics.Epoch last = epochs.getLast();
        return new Metrics(config, List.copyOf(epochs), new Metrics.Final(last.testLoss(), last.testAccuracy(), model.parameterCount()));
    }

    /** The weights, with what {@code evaluate} has to know of them. */
    void save(Path file) throws IOException {
        var metadata = new TreeMap<String, String>(); // in an order of its own, so that equal runs write equal files
        metadata.put("format", "pt");
        metadata.put("model", config.model().toString());
        metadata.put("dataset", config.dataset().toString());
        metadata.put("precision", config.precision());
        Safetensors.save(file, model.stateDict(), metadata);
    }

    @Override public void close() {
        optimizer.close();
        model.close();
    }
}
