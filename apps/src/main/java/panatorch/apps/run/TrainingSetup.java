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
 * The data, the network and the length of a run, whatever it learns from.
 *
 * @param command name of the command
 * @param model the network
 * @param data the data set's plan
 * @param train training items that are used
 * @param test test items that are used
 * @param preparation how images become inputs
 * @param epochs number of epochs
 * @param batchSize training items of a batch
 * @param accumulate batches of an optimisation step
 * @param measure measure by which epochs are compared
 * @param earlyStop epochs without improvement after which training ends; null to train all epochs
 * @param device device of the network
 * @param precision precision of the forward and backward pass
 * @param seed seed of all random numbers
 */
public record TrainingSetup(String command, ModelName model, DataPlan data, Dataset train, Dataset test, Preparation preparation,
        int epochs, int batchSize, int accumulate,
        MeasureName measure, @Nullable Integer earlyStop, Device device, Precision precision, long seed) {
    /** Returns the data set. */
    public DatasetName dataset() { return data.dataset(); }

    /** Returns a loader of the training items, in an order that depends on the seed and the epoch. */
    public DataLoader trainLoader() {
        return trainLoader(train, batchSize, seed, preparation, data);
    }

    public static DataLoader trainLoader(Dataset train, int batchSize, long seed, Preparation preparation, DataPlan data) {
        return data.damaged().on(DataLoader.of(train, batchSize).shuffle().seed(seed)
                .transform(preparation.training(data.augment(), data.dataset().mirrors))).build();
    }

    DataLoader testLoader() { return testLoader(test); }

    /** Returns a loader of some items of the test set. */
    DataLoader testLoader(Dataset items) {
        return TestLoop.loader(items, preparation.testing(), TestLoop.BATCH_SIZE, data.damaged());
    }

    /** Returns the number of optimisation steps of an epoch. */
    long steps() {
        return (trainLoader().count() + accumulate - 1) / accumulate;
    }

    Progress.Plan plan(int done) { return new Progress.Plan(epochs, done, train.size(), test.size(), dataset().items()); }

    /**
     * Returns the metadata that {@code evaluate} needs, sorted, so that equal runs write equal files.
     *
     * @param pBeforeHead probability of the dropout in front of the head, which is no part of the weights
     */
    Map<String, String> metadata(double pBeforeHead) {
        var metadata = new TreeMap<>(Checkpoint.describe(preparation, test.classNames()));
        metadata.put("format", "pt");
        metadata.put("model", model.toString());
        metadata.put("dataset", dataset().toString());
        metadata.put("precision", precision.toString());
        metadata.put("dropout_p", Double.toString(pBeforeHead));
        return metadata;
    }

    /** Describes the data set for the log: its name and the numbers of training and test items. */
    String describeData() {
        return String.format(Locale.ROOT, "on %s (%,d %s, %,d for testing)", dataset(), train.size(), dataset().items(), test.size());
    }
}
