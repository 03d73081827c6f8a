package panatorch.apps.options;

import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** Options for how a student learns from its teacher. */
public final class DistillOptions {
    private static final double PERTURB = 0.2;

    @Option(names = "--limit-train", paramLabel = "N",
            description = "use the first N training images only; of --dataset folder, N from all classes")
    private @Nullable Integer limitTrain;

    @Option(names = "--no-augment", description = "no random crops, no flips")
    private boolean noAugment;

    @Option(names = "--perturb", paramLabel = "P", description = "probability that a pixel is blanked, for more examples; default: "
            + PERTURB + ", as in the paper; texts are not changed")
    private @Nullable Double perturb;

    @Option(names = "--samples", paramLabel = "K", defaultValue = "2",
            description = "dropout masks of an image in a step; default: ${DEFAULT-VALUE}; with 1, as in the paper, loss − MI cannot be "
                    + "shown")
    private int samples;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "30",
            description = "epochs, the last third at a tenth of the rate; default: ${DEFAULT-VALUE}, as in the paper")
    private int epochs;

    @Option(names = "--lr", paramLabel = "RATE", defaultValue = "0.001",
            description = "learning rate of SGD with momentum 0.9; default: ${DEFAULT-VALUE}; the paper takes the lowest of the teacher's "
                    + "training")
    private double lr;

    @Option(names = "--batch-size", paramLabel = "N", defaultValue = "64", description = "images of a batch; default: ${DEFAULT-VALUE}")
    private int batchSize;

    @Option(names = "--mc", paramLabel = "T", defaultValue = "20",
            description = "samples of the Monte-Carlo prediction with which the student is compared; default: ${DEFAULT-VALUE}; the paper "
                    + "has 100")
    private int mc;

    public void check() {
        OptionCheck.atLeast("--limit-train", limitTrain, 1);
        OptionCheck.atLeast("--samples", samples, 1);
        OptionCheck.atLeast("--epochs", epochs, 1);
        OptionCheck.atLeast("--batch-size", batchSize, 1);
        OptionCheck.atLeast("--mc", mc, 2);
        OptionCheck.above("--lr", lr, 0);
        if (perturb != null) OptionCheck.between("--perturb", perturb, 0, 1);
    }

    /**
     * Replaces defaults by the values that take effect.
     *
     * @throws InputException if pixels of a network that takes texts are to be blanked
     */
    public DistillPlan resolve(ModelName model) {
        double blanked = perturb != null ? perturb : model.readsTexts() ? 0 : PERTURB;
        if (blanked > 0 && model.readsTexts()) throw new InputException("--perturb blanks pixels, and " + model + " takes texts");
        return new DistillPlan(blanked, samples, epochs, lr, batchSize, mc);
    }

    /** Returns the data plan with this command's options for training. */
    public DataPlan resolve(DataPlan data) {
        return data.trainedOn(limitTrain, !noAugment);
    }
}
