package panatorch.apps.options;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.Dataset;

/**
 * The data set of a command, as resolved from {@link DataOptions} or {@link EvaluationDataOptions}.
 *
 * @param dataset the data set
 * @param folder folder that holds its files; null for the built-in images
 * @param imageSize side in pixels to which the images of a folder are scaled
 * @param checkpoint weights whose run's vocabulary texts are read with; null to build one from the training texts
 * @param limitTrain number of training items to use; null for all
 * @param limitTest number of test items to use; null for all
 * @param augment whether training images are cropped and flipped at random
 * @param damaged what to do about a damaged image
 */
public record DataPlan(DatasetName dataset, @Nullable Path folder, int imageSize, @Nullable Path checkpoint, @Nullable Integer limitTrain,
        @Nullable Integer limitTest, boolean augment, DamagedName damaged) {
    /** Returns this plan with other options for training. */
    public DataPlan trainedOn(@Nullable Integer limit, boolean augmented) {
        return new DataPlan(dataset, folder, imageSize, checkpoint, limit, limitTest, augmented, damaged);
    }

    /** Opens the whole training set; the caller closes it. */
    public Dataset train() {
        return damaged.over(dataset.train(folder, imageSize, checkpoint));
    }

    /** Opens the whole test set; the caller closes it. */
    public Dataset test() {
        return damaged.over(dataset.test(folder, imageSize, checkpoint));
    }

    /** Returns whether images are brought to the size of the model's input when they are read. */
    public boolean framesImages() {
        return dataset == DatasetName.FOLDER;
    }

    /** Returns a view of the training items to use. */
    public Dataset limitedTrain(Dataset all) { return dataset.limited(all, limitTrain); }

    /** Returns a view of the test items to use. */
    public Dataset limitedTest(Dataset all) { return dataset.limited(all, limitTest); }

    /** Writes what a checkpoint needs of the data set, the vocabulary of texts, into a run's folder. */
    public void saveTo(Path run) throws IOException {
        dataset.saveWith(run, folder, checkpoint);
    }

    /** Returns the values that took the place of defaults, by option. */
    public Map<String, Object> derived() {
        var derived = new LinkedHashMap<String, Object>(Map.of("--dataset", dataset));
        if (folder != null) derived.put("--data", folder);
        return derived;
    }
}
