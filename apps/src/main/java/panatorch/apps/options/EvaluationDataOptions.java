package panatorch.apps.options;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** Options for the data set on which a checkpoint is evaluated or distilled. */
public final class EvaluationDataOptions {
    private static final int SIDE = 32;

    @Option(names = "--dataset", paramLabel = "SET", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable DatasetName dataset;

    @Option(names = "--data", paramLabel = "DIR", description = "folder that holds the set's files, or the set's own folder in it; default: where the checkpoint's run had it")
    private @Nullable Path data;

    @Option(names = "--limit-test", paramLabel = "N", description = "use the first N test images only, of a folder N from all classes")
    private @Nullable Integer limitTest;

    @Option(names = "--damaged", paramLabel = "WHAT", defaultValue = "stop", description = "of the dataset folder: ${COMPLETION-CANDIDATES} at an image file that cannot be read; default: ${DEFAULT-VALUE}")
    private DamagedName damaged = DamagedName.STOP;

    /**
     * Checks the numbers.
     *
     * @throws InputException if one is out of range
     */
    public void check() { OptionCheck.atLeast("--limit-test", limitTest, 1); }

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
