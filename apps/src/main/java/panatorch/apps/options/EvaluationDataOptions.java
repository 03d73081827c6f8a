package panatorch.apps.options;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** Options for the data set on which a checkpoint is evaluated or distilled. */
public final class EvaluationDataOptions {
    private static final int SIDE = 32;

    @Option(names = "--dataset", paramLabel = "SET", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable DatasetName dataset;

    @Option(names = "--data", paramLabel = "DIR",
            description = "folder of the data set's files, or its parent; default: the data folder of the checkpoint's run")
    private @Nullable Path data;

    @Option(names = "--limit-test", paramLabel = "N",
            description = "use the first N test images only; of --dataset folder, N from all classes")
    private @Nullable Integer limitTest;

    @Option(names = "--damaged", paramLabel = "WHAT", defaultValue = "stop",
            description = "what to do at an image file of --dataset folder that cannot be read: ${COMPLETION-CANDIDATES}; default: "
                    + "${DEFAULT-VALUE}")
    private DamagedName damaged = DamagedName.STOP;

    /**
     * Checks the numbers.
     *
     * @throws InputException if one is out of range
     */
    public void check() { OptionCheck.atLeast("--limit-test", limitTest, 1); }

    /**
     * Resolves the data for a model that says nothing about them.
     *
     * @throws InputException if the user did not pass {@code --dataset}
     */
    public DataPlan resolve() {
        if (dataset == null)
            throw new InputException("--dataset is needed with --model-file: one of "
                    + Arrays.stream(DatasetName.values()).map(DatasetName::toString).collect(Collectors.joining(", ")));
        return new DataPlan(dataset, data, SIDE, null, null, limitTest, true, damaged);
    }

    /**
     * Takes from the checkpoint what the user did not pass.
     *
     * @throws InputException if neither names the data set
     */
    public DataPlan resolve(Checkpoint weights) {
        DatasetName set = weights.or(dataset, "dataset", DatasetName.values(), "--dataset");
        Preparation known = weights.preparation();
        int side = known == null || known.isOfTexts() ? SIDE : known.side();
        return new DataPlan(set, data != null ? data : weights.data(set), side, weights.file(), null, limitTest, true, damaged);
    }
}
