package panatorch.apps;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is trained on. */
final class DataOptions {
    @Option(names = "--dataset", paramLabel = "NAME", defaultValue = "synthetic", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, which is built in")
    DatasetName dataset = DatasetName.SYNTHETIC;

    @Option(names = "--data", paramLabel = "DIR", description = "folder that holds the set's files, or the set's own folder in it")
    @Nullable Path data;

    @Option(names = "--limit-train", paramLabel = "N", description = "use the first N training images only")
    @Nullable Integer limitTrain;

    @Option(names = "--limit-test", paramLabel = "N", description = "use the first N test images only")
    @Nullable Integer limitTest;

    @Option(names = "--no-augment", description = "train on the images as they are: no random crops, no flips")
    boolean noAugment;

    void check() {
        Check.atLeast("--limit-train", limitTrain, 1);
        Check.atLeast("--limit-test", limitTest, 1);
    }
}
