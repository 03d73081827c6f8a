package panatorch.apps.run;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.apps.measures.Progress;
import panatorch.apps.measures.TestLoop;
import panatorch.apps.options.Checkpoint;
import panatorch.apps.options.DataPlan;
import panatorch.apps.options.DatasetName;
import panatorch.apps.options.MeasureName;
import panatorch.apps.options.ModelName;
import panatorch.apps.options.Preparation;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;

/**
 * What a run is trained on, tested with, and for how long, whatever it learns from.
 *
 * @param command that began it; @param model and {@code dataset} as checkpoints name them; @param train the images or texts, limited as was asked for; {@code test} likewise
 * @param augment whether training images are cropped and flipped at random
 * @param accumulate batches of a step; @param damaged what happens at an image that cannot be read; @param measure by which epochs are compared; @param earlyStop epochs that may be no better; null for all
 */
public record TrainingSetup(String command, ModelName model, DataPlan data, Dataset train, Dataset test, Preparation preparation, int epochs, int batchSize, int accumulate,
        MeasureName measure, @Nullable Integer earlyStop, Device device, Precision precision, long seed) {
    /** Returns the data set. */
    public DatasetName dataset() { return data.dataset(); }

    /** In an order that depends on the seed and the epoch. */
    public DataLoader trainLoader() { return trainLoader(train, batchSize, seed, preparation, data); }

    public static DataLoader trainLoader(Dataset train, int batchSize, long seed, Preparation preparation, DataPlan data) {
        return data.damaged().on(DataLoader.of(train, batchSize).shuffle().seed(seed).transform(preparation.training(data.augment(), data.dataset().mirrors))).build();
    }

    DataLoader testLoader() { return testLoader(test); }

    /** @param items of the test set */
    DataLoader testLoader(Dataset items) { return TestLoop.loader(items, preparation.testing(), TestLoop.BATCH_SIZE, data.damaged()); }

    /** Of an epoch. */
    long steps() { return (trainLoader().batches() + accumulate - 1) / accumulate; }

    Progress.Plan plan(int done) { return new Progress.Plan(epochs, done, train.size(), test.size(), dataset().items()); }

    /** What {@code evaluate} has to know of the weights, in an order of its own, so that equal runs write equal files. @param pBeforeHead of the dropout that is no part of them */
    Map<String, String> metadata(double pBeforeHead) {
        var metadata = new TreeMap<>(Checkpoint.describe(preparation, test.classNames()));
        metadata.put("format", "pt");
        metadata.put("model", model.toString());
        metadata.put("dataset", dataset().toString());
        metadata.put("precision", precision.toString());
        metadata.put("dropout_p", Double.toString(pBeforeHead));
        return metadata;
    }

    /** What was said, in the words of people. */
    String describeData() { return String.format(Locale.ROOT, "on %s (%,d %s, %,d for testing)", dataset(), train.size(), dataset().items(), test.size()); }
}
