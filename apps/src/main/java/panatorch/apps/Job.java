package panatorch.apps;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.data.Batches;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;

/**
 * What a run is trained on, tested with, and for how long, whatever it learns from.
 *
 * @param command that began it; @param model and {@code dataset} as checkpoints name them; @param train the images or texts, limited as was asked for; {@code test} likewise
 * @param augment whether training images are cropped and flipped at random
 * @param accumulate batches of a step; @param measure by which epochs are compared; @param earlyStop epochs that may be no better; null for all
 */
record Job(String command, ModelName model, DatasetName dataset, Dataset train, Dataset test, Preparation preparation, boolean augment, int epochs, int batchSize, int accumulate,
        MeasureName measure, @Nullable Integer earlyStop, Device device, Precision precision, long seed) {
    /** In an order that depends on the seed and the epoch. */
    Batches trainBatches() { return trainBatches(train, batchSize, seed, preparation, augment, dataset); }

    static Batches trainBatches(Dataset train, int batchSize, long seed, Preparation preparation, boolean augment, DatasetName dataset) {
        return DataLoader.of(train, batchSize).shuffle().seed(seed).transform(preparation.training(augment, dataset.mirrors)).build();
    }

    Batches testBatches() { return Testing.batches(test, preparation.testing(), Testing.BATCH_SIZE); }

    /** Of an epoch. */
    long steps() { return (trainBatches().count() + accumulate - 1) / accumulate; }

    Progress.Plan plan(int done) { return new Progress.Plan(epochs, done, train.size(), test.size(), dataset.items()); }

    /** What {@code evaluate} has to know of the weights, in an order of its own, so that equal runs write equal files. @param pBeforeHead of the dropout that is no part of them */
    Map<String, String> metadata(double pBeforeHead) {
        var metadata = new TreeMap<>(Checkpoint.describe(preparation, test.classNames()));
        metadata.put("format", "pt");
        metadata.put("model", model.toString());
        metadata.put("dataset", dataset.toString());
        metadata.put("precision", precision.toString());
        metadata.put("dropout_p", Double.toString(pBeforeHead));
        return metadata;
    }

    /** What was said, in the words of people. */
    String size() { return String.format(Locale.ROOT, "on %s (%,d %s, %,d for testing)", dataset, train.size(), dataset.items(), test.size()); }
}
