package panatorch.apps.options;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** Options for the data set that a network is trained on. */
public final class DataOptions {
    @Option(names = "--dataset", paramLabel = "SET", defaultValue = "synthetic",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, which is built in")
    DatasetName dataset = DatasetName.SYNTHETIC;

    @Option(names = "--data", paramLabel = "DIR",
            description = "folder of the data set's files, or its parent; for --dataset folder one with train and test (or val), each "
                    + "with a folder of images for every class")
    private @Nullable Path data;

    @Option(names = "--image-size", paramLabel = "N", defaultValue = "32",
            description = "side in pixels to which the images of --dataset folder are scaled; default: ${DEFAULT-VALUE}")
    private int imageSize = 32;

    @Option(names = "--limit-train", paramLabel = "N",
            description = "use the first N training images only; of --dataset folder, N from all classes")
    private @Nullable Integer limitTrain;

    @Option(names = "--limit-test", paramLabel = "N",
            description = "use the first N test images only; of --dataset folder, N from all classes")
    private @Nullable Integer limitTest;

    @Option(names = "--no-augment", description = "train on the images as they are: no random crops, no flips")
    private boolean noAugment;

    @Option(names = "--damaged", paramLabel = "WHAT", defaultValue = "stop",
            description = "what to do at an image file of --dataset folder that cannot be read: ${COMPLETION-CANDIDATES}; default: "
                    + "${DEFAULT-VALUE}")
    private DamagedName damaged = DamagedName.STOP;

    /** Returns the data set as a plan. */
    public DataPlan resolve() {
        return new DataPlan(dataset, data, imageSize, null, limitTrain, limitTest, !noAugment, damaged);
    }

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
