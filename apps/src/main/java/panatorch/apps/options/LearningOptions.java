package panatorch.apps.options;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options for how long and by what rule a network is trained. */
public final class LearningOptions {
    @Mixin(name = "Step")
    StepOptions step = new StepOptions();

    @Option(names = "--epochs", paramLabel = "N", description = "epochs of the run; default: 5 for synthetic, 10 for others")
    private @Nullable Integer epochs;

    @Option(names = "--accumulate", paramLabel = "N", defaultValue = "1",
            description = "batches that make one step; default: ${DEFAULT-VALUE}")
    private int accumulate;

    @Option(names = "--lr", paramLabel = "RATE",
            description = "highest learning rate; default: 0.05 for sgd, 0.001 for most others, and with sgd 0.02 for lenet5-dropout; "
                    + "find-lr suggests one")
    private @Nullable Double lr;

    @Option(names = "--schedule", paramLabel = "SCHEDULE", defaultValue = "one-cycle",
            description = "schedule of the learning rate: ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    ScheduleName schedule = ScheduleName.ONE_CYCLE;

    @Option(names = "--warm-up", paramLabel = "EPOCHS", defaultValue = "0",
            description = "epochs, or parts of one, over which the learning rate rises first; default: ${DEFAULT-VALUE}, and 30 %% of a "
                    + "one-cycle")
    private double warmUp;

    @Option(names = "--step-epochs", paramLabel = "N",
            description = "epochs between two reductions of the schedule step; default: a third of --epochs")
    private @Nullable Integer stepEpochs;

    @Option(names = "--milestones", paramLabel = "E,E,…", split = ",", hideParamSyntax = true,
            description = "epochs after which the schedule multi-step reduces the rate; default: half and three quarters of --epochs")
    private @Nullable List<Integer> milestones;

    @Option(names = "--gamma", paramLabel = "FACTOR", defaultValue = "0.1",
            description = "factor by which step, multi-step and plateau reduce the rate; default: ${DEFAULT-VALUE}")
    private double gamma;

    @Option(names = "--plateau-patience", paramLabel = "N", defaultValue = "3",
            description = "epochs without improvement before plateau reduces the rate; default: ${DEFAULT-VALUE}")
    private int plateauPatience;

    @Option(names = "--clip-norm", paramLabel = "NORM",
            description = "highest Euclidean norm of the gradients, which are scaled down to it")
    private @Nullable Double clipNorm;

    @Option(names = "--mixup", paramLabel = "ALPHA", description = "trains on mixtures of two images (Zhang et al. 2018); 0.2 is usual")
    private @Nullable Double mixup;

    @Option(names = "--cutmix", paramLabel = "ALPHA",
            description = "trains on images with a patch of another one (Yun et al. 2019); 1 is usual")
    private @Nullable Double cutmix;

    @Option(names = "--ema", paramLabel = "DECAY", description = "tests and saves a moving average of the weights; 0.999 is usual")
    private @Nullable Double ema;

    @Option(names = "--early-stop", paramLabel = "PATIENCE", description = "ends the run after so many epochs without improvement")
    private @Nullable Integer earlyStop;

    @Option(names = "--measure", paramLabel = "MEASURE", defaultValue = "accuracy",
            description = "measure on the test images by which epochs are compared: ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    private MeasureName measure = MeasureName.ACCURACY;

    /**
     * Checks the numbers, and options that exclude each other.
     *
     * @throws InputException if a number is out of range, or options contradict each other
     */
    void check() {
        step.check();
        OptionCheck.atLeast("--epochs", epochs, 1);
        OptionCheck.atLeast("--accumulate", accumulate, 1);
        if (lr != null) OptionCheck.above("--lr", lr, 0);
        OptionCheck.notBelow("--warm-up", warmUp, 0);
        OptionCheck.atLeast("--step-epochs", stepEpochs, 1);
        OptionCheck.above("--gamma", gamma, 0);
        if (gamma >= 1) throw new InputException("--gamma must be below 1, and is " + gamma);
        OptionCheck.atLeast("--plateau-patience", plateauPatience, 0);
        if (clipNorm != null) OptionCheck.above("--clip-norm", clipNorm, 0);
        if (mixup != null) OptionCheck.above("--mixup", mixup, 0);
        if (cutmix != null) OptionCheck.above("--cutmix", cutmix, 0);
        if (mixup != null && cutmix != null) throw new InputException("--mixup and --cutmix both change the labels; choose one of them");
        if (ema != null && !(ema > 0 && ema < 1)) throw new InputException("--ema must lie between 0 and 1, and is " + ema);
        OptionCheck.atLeast("--early-stop", earlyStop, 1);
        if (warmUp > 0 && schedule == ScheduleName.PLATEAU)
            throw new InputException("--warm-up does not go with --schedule plateau, which waits for the first epochs' results");
        if (milestones != null)
            for (int i = 0; i < milestones.size(); i++)
                if (milestones.get(i) < 1 || i > 0 && milestones.get(i) <= milestones.get(i - 1))
                    throw new InputException("--milestones are epochs from 1 on, each later than the one before, and not " + milestones);
    }

    /** Returns whether images and labels are mixed. */
    boolean mixes() { return mixup != null || cutmix != null; }

    /**
     * Replaces defaults and {@code auto} by the values that take effect.
     *
     * @throws InputException if the warm-up is as long as the run, or the precision is not available on the device
     */
    LearningPlan resolve(DatasetName dataset, ModelName model, Device device) {
        int count = epochs == null ? dataset.epochs : epochs;
        if (warmUp >= count) throw new InputException("--warm-up must be less than the " + count + " epochs, and is " + warmUp);
        var plan = new SchedulePlan(schedule, count, warmUp, stepEpochs == null ? Math.max(1, count / 3) : stepEpochs,
                milestones == null ? standardMilestones(count) : milestones, gamma, plateauPatience, measure);
        double rate = lr == null ? model.rate(step.optimizer) : lr;
        return new LearningPlan(step.resolve(dataset, device), plan, accumulate, rate, clipNorm, mixup, cutmix, ema, earlyStop, measure);
    }

    private static List<Integer> standardMilestones(int epochs) {
        if (epochs < 2) return List.of();
        return epochs < 4 ? List.of(epochs / 2) : List.of(epochs / 2, epochs * 3 / 4);
    }
}
