package panatorch.apps.options;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** Options for the data set that a network is trained on. */
public final class DataOptions {
    @Option(names = "--dataset", paramLabel = "SET", defaultValue = "synthetic", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, which is built in")
    DatasetName dataset = DatasetName.SYNTHETIC;

    @Option(names = "--data", paramLabel = "DIR", description = "folder that holds the set's files, or the set's own folder in it; of the dataset folder, one with train and test (or val), each with a folder of images for every class")
    private @Nullable Path data;

    @Option(names = "--image-size", paramLabel = "N", defaultValue = "32", description = "of the dataset folder: pixels of a side that images are scaled to; default: ${DEFAULT-VALUE}")
    private int imageSize = 32;

    @Option(names = "--limit-train", paramLabel = "N", description = "use the first N training images only, of a folder N from all classes")
    private @Nullable Integer limitTrain;

    @Option(names = "--limit-test", paramLabel = "N", description = "use the first N test images only, of a folder N from all classes")
    private @Nullable Integer limitTest;

    @Option(names = "--no-augment", description = "train on the images as they are: no random crops, no flips")
    private boolean noAugment;

    @Option(names = "--damaged", paramLabel = "WHAT", defaultValue = "stop", description = "of the dataset folder: ${COMPLETION-CANDIDATES} at an image file that cannot be read; default: ${DEFAULT-VALUE}")
    private DamagedName damaged = DamagedName.STOP;

    /** Returns the data set as a plan. */
    public DataPlan resolve() { return new DataPlan(dataset, data, imageSize, null, limitTrain, limitTest, !noAugment, damaged); }

    /**
     * Checks the numbers.
     *
     * @throws InputException if one is out of range
     */
    public void check() {
        OptionCheck.within("--image-size", imageSize, 8, 1024);
        OptionCheck.atLeast("--limit-train", limitTrain, 1);
        OptionCheck.atLeast("--limit-test", limitTest, 1);
    }
}
