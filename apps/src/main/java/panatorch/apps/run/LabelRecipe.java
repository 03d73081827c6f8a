package panatorch.apps.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import panatorch.Torch;
import panatorch.apps.console.Counted;
import panatorch.apps.console.InputException;
import panatorch.apps.measures.TestLoop;
import panatorch.apps.options.DropoutName;
import panatorch.apps.options.LearningPlan;
import panatorch.apps.options.ModelName;
import panatorch.apps.options.TrainPlan;
import panatorch.models.Classifier;
import panatorch.nn.Module;
import panatorch.nn.dropout.gyro.GyroDropout;
import panatorch.nn.dropout.gyro.GyroSchedule;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.AveragedModel;
import panatorch.optim.Optimizer;
import panatorch.train.Callback;
import panatorch.train.ClipGradients;
import panatorch.train.CutMix;
import panatorch.train.Mixup;
import panatorch.train.Objective;
import panatorch.train.WeightAveraging;

/** Trains a new network on labels, for {@code train}. */
public final class LabelRecipe implements Recipe {
    private final TrainPlan options;
    private final TrainingSetup setup;
    private final Classifier model;
    private final @Nullable Module averaged;
    private final @Nullable GyroSchedule subnetworks;
    private final @Nullable GyroDropout gyro;
    private final Optimizer optimizer;
    private final List<Callback> methods = new ArrayList<>();

    public LabelRecipe(TrainPlan options, TrainingSetup setup) {
        this.options = options;
        this.setup = setup;
        LearningPlan l = options.learning();
        int classes = setup.train().classes();
        Torch.manualSeed(setup.seed());
        model = setup.model().create(classes);
        model.to(setup.device(), null, ModelName.FORMAT);
        subnetworks = options.model().dropout() == DropoutName.GYRO
                ? GyroSchedule.of(options.model().sigma(), options.model().tau(), setup.epochs() * setup.steps(), setup.seed()) : null;
        gyro = subnetworks == null ? null : replaced(subnetworks);
        if (gyro != null) methods.add(gyro);
        optimizer = l.step().over(model.parameters(), l.lr());
        methods.add(options.model().method(CrossEntropy.mean().labelSmoothing(l.step().labelSmoothing())));
        methods.add(l.schedule().over(optimizer, setup.steps()));
        if (l.mixup() != null) methods.add(new Mixup(l.mixup(), classes));
        if (l.cutmix() != null) methods.add(new CutMix(l.cutmix(), classes));
        if (l.clipNorm() != null) methods.add(ClipGradients.norm(l.clipNorm()));
        Double decay = l.ema();
        averaged = decay == null ? null : Module.copyOf((Module) model);
        if (averaged != null && decay != null) methods.add(new WeightAveraging(AveragedModel.ema(averaged, decay)));
    }

    private GyroDropout replaced(GyroSchedule schedule) {
        try {
            return options.model().gyro(model, schedule);
        } catch (InputException e) {
            schedule.close();
            model.close();
            throw e;
        }
    }

    @Override public String describe() {
        LearningPlan l = options.learning();
        int threads = options.compute().threads();
        return String.format(Locale.ROOT, "Training %s (%,d parameters, %s) %s:%n%s of %s on %s with %s in %s%s, by %s with a %s schedule",
                setup.model(), model.parameterCount(), options.model().describe(), setup.describeData(),
                Counted.of(setup.epochs(), "epoch"), Counted.of(setup.trainLoader().count(), "batch", "batches"),
                setup.device(), Counted.of(threads, "thread"), setup.precision(),
                setup.precision().reason().equals("asked for") ? "" : " (" + setup.precision().reason() + ")", l.step().optimizer(),
                l.schedule().name());
    }

    @Override public Classifier model() { return model; }

    @Override public Optimizer optimizer() { return optimizer; }

    @Override public Objective objective() { return TestLoop.OBJECTIVE; }

    @Override public List<Callback> callbacks() { return methods; }

    /** The cross-entropy of a uniform prediction. Label smoothing and mixup do not change it. */
    @Override public double baselineLoss() {
        return Math.log(setup.train().classes());
    }

    @Override public double pBeforeHead() { return options.model().pBeforeHead(); }

    @Override public String divergenceAdvice() {
        return "--lr (find-lr suggests one), --warm-up 1, --clip-norm 1 or --precision fp32, or --keep-going to train on all the same";
    }

    /** Removes gyro dropout's masks, which are no weights. */
    @Override public void finish() { if (gyro != null) gyro.undo(); }

    @Override public void close() {
        optimizer.close();
        if (averaged != null) averaged.close();
        if (subnetworks != null) subnetworks.close();
        model.close();
    }
}
