package panatorch.apps;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.datasets.Batch;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.datasets.transforms.Normalize;
import panatorch.models.Classifier;
import panatorch.nn.dropout.MultiSampleDropout;
import panatorch.optim.SGD;
import panatorch.serialize.Safetensors;
import panatorch.train.Trainer;

/**
 * A network being trained, epoch by epoch.
 *
 * <pre>
 * each epoch:  each training batch, varied → {@link Trainer#step} → progress
 *              each test batch → {@link Evaluation} → metrics.json, rewritten
 * </pre>
 *
 * <p>Owns the model and the optimiser's state; one thread's.
 */
final class Run implements AutoCloseable {
    private final RunConfig config;
    private final Device device;
    private final Precision precision;
    private final DataLoader train, test;
    private final int trainImages, testImages;
    private final Classifier model;
    private final SGD optimizer;
    private final Trainer trainer;
    private final List<Metrics.Epoch> epochs = new ArrayList<>();

    Run(RunConfig config, Dataset train, Dataset test, Device device, Precision precision) {
        this.config = config;
        this.device = device;
        this.precision = precision;
        trainImages = train.size();
        testImages = test.size();
        this.train = DataLoader.of(train, config.batchSize()).shuffle().seed(config.seed()).transform(config.dataset().augmentation(train)).build();
        this.test = Evaluation.loader(test, new Normalize(test.mean(), test.std()), Evaluation.BATCH_SIZE);
        Torch.manualSeed(config.seed());
        model = config.model().create(train.classes());
        model.to(device, null, Evaluation.FORMAT);
        optimizer = new SGD(model.parameters(), SGD.options(config.lr()).momentum(config.momentum()).nesterov(config.momentum() > 0).weightDecay(config.weightDecay()).fused(true));
        var head = new MultiSampleDropout(config.dropoutP(), config.dropoutSamples(), model.head());
        var schedule = config.schedule().over(optimizer, (long) config.epochs() * this.train.batches());
        trainer = new Trainer(model, head, optimizer, schedule, precision, device);
    }

    /** What is about to happen. */
    String describe() {
        String dropout = switch (config.dropout()) {
            case NONE -> "no dropout";
            case STANDARD -> "dropout of " + config.dropoutP();
            case MULTI_SAMPLE -> config.dropoutSamples() + " dropout samples of " + config.dropoutP();
        };
        return String.format(Locale.ROOT, "Training %s (%,d parameters, %s) on %s (%,d images, %,d for testing):%n%,d %s of %,d steps on %s with %d %s in %s (%s)",
                config.model(), model.parameterCount(), dropout, config.dataset(), trainImages, testImages, config.epochs(), config.epochs() == 1 ? "epoch" : "epochs", train.batches(),
                device, config.threads(), config.threads() == 1 ? "thread" : "threads", precision, precision.reason());
    }

    Progress.Plan plan() { return new Progress.Plan(config.epochs(), trainImages, testImages); }

    /** How many are finished. */
    int epochs() { return epochs.size(); }

    /** All epochs; {@code metricsFile} is rewritten after each. */
    Metrics train(Progress progress, Interruption interruption, Path metricsFile) throws IOException {
        for (int e = 1; e <= config.epochs(); e++) {
            progress.beginEpoch(e);
            long begun = System.nanoTime();
            Tally trained = trainEpoch(e, progress, interruption);
            long middle = System.nanoTime();
            Tally tested = Evaluation.run(model, test, precision, device, progress, interruption);
            double trainSeconds = (middle - begun) * 1e-9, seconds = (System.nanoTime() - begun) * 1e-9;
            var epoch = new Metrics.Epoch(e, trained.loss(), trained.accuracy(), tested.loss(), tested.accuracy(), seconds, trained.count() / trainSeconds);
            epochs.add(epoch);
            metrics().write(metricsFile);
            progress.endEpoch(epoch);
        }
        return metrics();
    }

    private Tally trainEpoch(int number, Progress progress, Interruption interruption) {
        var tally = new Tally();
        int step = 0;
        try (var epoch = train.epoch(number)) {
            for (Batch batch : epoch) {
                step++;
                try (batch; var scope = Scope.open()) {
                    tally.add(trainer.step(batch.images().contiguous(Evaluation.FORMAT), batch.labels()));
                }
                if (!Double.isFinite(tally.loss())) throw new RunFailure("the loss became " + (Double.isNaN(tally.loss()) ? "not a number" : "infinite")
                        + " in epoch " + number + ", step " + step + "; a learning rate below --lr " + config.lr() + " may help");
                progress.trained(tally);
                interruption.check();
            }
        }
        return tally;
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
