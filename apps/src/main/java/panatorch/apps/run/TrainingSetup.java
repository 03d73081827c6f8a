package panatorch.apps.run;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.apps.console.InputException;
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
import panatorch.distributed.ProcessGroup;

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
 * @param batchSize training items of a batch, of all ranks together
 * @param accumulate batches of an optimisation step
 * @param measure measure by which epochs are compared
 * @param earlyStop epochs without improvement after which training ends; null to train all epochs
 * @param device device of the network; with several ranks, a GPU stands for this rank's own
 * @param precision precision of the forward and backward pass
 * @param seed seed of all random numbers
 * @param group the ranks that train together, which the caller closes; null for one process
 */
public record TrainingSetup(String command, ModelName model, DataPlan data, Dataset train, Dataset test, Preparation preparation,
        int epochs, int batchSize, int accumulate,
        MeasureName measure, @Nullable Integer earlyStop, Device device, Precision precision, long seed,
        @Nullable ProcessGroup group) {
    /**
     * Checks that the ranks can share a batch.
     *
     * @throws InputException if they cannot
     */
    public TrainingSetup {
        int ranks = group == null ? 1 : group.ranks();
        if (batchSize % ranks != 0)
            throw new InputException("a batch of " + batchSize + " cannot be divided among " + ranks
                    + " ranks; pass a multiple of " + ranks + " as --batch-size");
        if (group != null && device.type() == Device.Type.CUDA) {
            if (group.device().type() == Device.Type.CPU)
                throw new InputException("ranks train together on GPUs if each has one of its own, and libtorch is JavaCPP's with CUDA and "
                        + "NCCL; start as many ranks as there are GPUs, or pass --device cpu");
            device = group.device();
        }
    }

    /** Returns the number of this process among the ranks, from 0. */
    int rank() { return group == null ? 0 : group.rank(); }

    /** Returns the number of processes that train together. */
    int ranks() { return group == null ? 1 : group.ranks(); }

    /** Returns the data set. */
    public DatasetName dataset() { return data.dataset(); }

    /** Returns a loader of this rank's training items, in an order that depends on the seed and the epoch. */
    public DataLoader trainLoader() {
        return training(train, batchSize / ranks(), seed, preparation, data).rank(rank(), ranks()).build();
    }

    public static DataLoader trainLoader(Dataset train, int batchSize, long seed, Preparation preparation, DataPlan data) {
        return training(train, batchSize, seed, preparation, data).build();
    }

    private static DataLoader.Builder training(Dataset train, int batchSize, long seed, Preparation preparation, DataPlan data) {
        return data.damaged().on(DataLoader.of(train, batchSize).shuffle().seed(seed)
                .transform(preparation.training(data.augment(), data.dataset().mirrors)));
    }

    /** Returns a loader of this rank's test items. */
    DataLoader testLoader() {
        return TestLoop.builder(test, preparation.testing(), TestLoop.BATCH_SIZE, data.damaged()).rank(rank(), ranks(), false).build();
    }

    /** Returns a loader of some items of the test set, all of them on this rank. */
    DataLoader testLoader(Dataset items) {
        return TestLoop.loader(items, preparation.testing(), TestLoop.BATCH_SIZE, data.damaged());
    }

    /** Returns the number of optimisation steps of an epoch. */
    long steps() {
        return (trainLoader().count() + accumulate - 1) / accumulate;
    }

    /** Returns this rank's work. */
    Progress.Plan plan(int done) {
        return new Progress.Plan(epochs, done, Math.ceilDiv(train.size(), ranks()), Math.ceilDiv(test.size(), ranks()), dataset().items());
    }

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
