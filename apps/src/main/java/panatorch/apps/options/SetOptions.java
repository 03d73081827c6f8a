package panatorch.apps.options;

import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import panatorch.datasets.Dataset;
import picocli.CommandLine.Option;

/** What images or texts a checkpoint is for. */
public final class SetOptions {
    private static final int SIDE = 32;

    @Option(names = "--dataset", paramLabel = "SET", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable DatasetName dataset;

    @Option(names = "--data", paramLabel = "DIR", description = "folder that holds the set's files, or the set's own folder in it; default: where the checkpoint's run had it")
    public @Nullable Path data;

    @Option(names = "--limit-test", paramLabel = "N", description = "use the first N test images only, of a folder N from all classes")
    public @Nullable Integer limitTest;

    @Option(names = "--damaged", paramLabel = "WHAT", defaultValue = "stop", description = "of the dataset folder: ${COMPLETION-CANDIDATES} at an image file that cannot be read; default: ${DEFAULT-VALUE}")
    public DamagedName damaged = DamagedName.STOP;

    public void check() { Check.atLeast("--limit-test", limitTest, 1); }

    /** Puts what the file says in the place of what was not said. @throws InputException if neither names the set */
    public void resolve(Checkpoint weights) {
        dataset = weights.or(dataset, "dataset", DatasetName.values(), "--dataset");
        if (data == null) data = weights.data(dataset);
    }

    public DatasetName dataset() { return Objects.requireNonNull(dataset, "options are resolved before they are used"); }

    /** All of them, as the weights take them; the caller closes them. */
    public Dataset train(Checkpoint weights) { return damaged.over(dataset().train(data, side(weights), weights.file())); }

    /** All of them, as the weights take them; the caller closes them. */
    public Dataset test(Checkpoint weights) { return damaged.over(dataset().test(data, side(weights), weights.file())); }

    private static int side(Checkpoint weights) {
        Preparation known = weights.preparation();
        return known == null || known.isOfTexts() ? SIDE : known.side();
    }
}
