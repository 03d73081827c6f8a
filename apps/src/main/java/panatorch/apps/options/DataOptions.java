package panatorch.apps.options;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.Dataset;
import picocli.CommandLine.Option;

/** What is trained on. */
public final class DataOptions {
    @Option(names = "--dataset", paramLabel = "SET", defaultValue = "synthetic", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, which is built in")
    public DatasetName dataset = DatasetName.SYNTHETIC;

    @Option(names = "--data", paramLabel = "DIR", description = "folder that holds the set's files, or the set's own folder in it; of the dataset folder, one with train and test (or val), each with a folder of images for every class")
    public @Nullable Path data;

    @Option(names = "--image-size", paramLabel = "N", defaultValue = "32", description = "of the dataset folder: pixels of a side that images are scaled to; default: ${DEFAULT-VALUE}")
    int imageSize = 32;

    @Option(names = "--limit-train", paramLabel = "N", description = "use the first N training images only, of a folder N from all classes")
    public @Nullable Integer limitTrain;

    @Option(names = "--limit-test", paramLabel = "N", description = "use the first N test images only, of a folder N from all classes")
    public @Nullable Integer limitTest;

    @Option(names = "--no-augment", description = "train on the images as they are: no random crops, no flips")
    public boolean noAugment;

    @Option(names = "--damaged", paramLabel = "WHAT", defaultValue = "stop", description = "of the dataset folder: ${COMPLETION-CANDIDATES} at an image file that cannot be read; default: ${DEFAULT-VALUE}")
    public DamagedName damaged = DamagedName.STOP;

    /** All of them; the caller closes them. */
    public Dataset train() { return damaged.over(dataset.train(data, imageSize)); }

    /** All of them; the caller closes them. */
    public Dataset test() { return damaged.over(dataset.test(data, imageSize)); }

    public void check() {
        Check.within("--image-size", imageSize, 8, 1024);
        Check.atLeast("--limit-train", limitTrain, 1);
        Check.atLeast("--limit-test", limitTest, 1);
    }
}
