package panatorch.apps.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Torch;
import panatorch.apps.console.Counted;
import panatorch.apps.measures.Metrics;
import panatorch.apps.measures.Predictions;
import panatorch.apps.measures.Progress;
import panatorch.apps.options.DistillPlan;
import panatorch.models.Classifier;
import panatorch.nn.Module;
import panatorch.nn.dropout.distillation.Distillation;
import panatorch.nn.dropout.distillation.Monitor;
import panatorch.nn.dropout.distillation.PaperSchedule;
import panatorch.nn.dropout.distillation.Perturbation;
import panatorch.nn.dropout.distillation.Teacher;
import panatorch.optim.MultiStepLR;
import panatorch.optim.Optimizer;
import panatorch.train.Callback;
import panatorch.train.Objective;
import panatorch.train.Schedule;

/**
 * Trains a student for {@code distill}. It begins as a copy of a network with dropout, and learns that network's mean prediction over
 * dropout masks. Labels are used for the printed measures only.
 */
public final class DistillationRecipe implements Recipe {
    private final DistillPlan options;
    private final TrainingSetup setup;
    private final Classifier network, student;
    private final double drops;
    private final Optimizer optimizer;
    private final Distillation distillation;
    private final Schedule schedule;

    /**
     * Creates the student and its optimiser.
     *
     * @param options how the student learns
     * @param setup the data set and the length of the run
     * @param network the teacher, which the caller closes
     * @param random the teacher with the randomness that it had in training; shares the weights of {@code network}
     * @param drops probability of the teacher's dropout in front of the head
     */
    public DistillationRecipe(DistillPlan options, TrainingSetup setup, Classifier network, Classifier random, double drops) {
        this.options = options;
        this.setup = setup;
        this.network = network;
        this.drops = drops;
        student = Module.copyOf(network);
        optimizer = PaperSchedule.optimizer(student, options.lr());
        schedule = Schedule.eachEpoch(new MultiStepLR(optimizer, 0.1, options.fall())); // the paper's schedule for this number of epochs
        distillation = new Distillation(new Teacher(random, options.samples()),
                options.perturb() == 0 ? null : Perturbation.pixels(options.perturb()));
        Torch.manualSeed(setup.seed());
    }

    @Override public String describe() {
        return String.format(Locale.ROOT, "Distilling %s %s:%n%s, %s an example, on %s in %s, by sgd at %s, a tenth of it after epoch %d",
                setup.model(), setup.describeData(),
                Counted.of(setup.epochs(), "epoch"), Counted.of(options.samples(), "mask"), setup.device(), setup.precision(), options.lr(),
                options.fall());
    }

    @Override public Classifier model() { return student; }

    @Override public Optimizer optimizer() { return optimizer; }

    @Override public Objective objective() { return distillation; }

    @Override public List<Callback> callbacks() { return List.of(schedule, distillation.monitor()); }

    @Override public double pBeforeHead() { return 0; }

    @Override public String divergenceAdvice() { return "--lr"; }

    @Override public @Nullable Double excess() { return known(distillation.monitor().means()); }

    @Override public @Nullable Double excess(int epoch) { return known(distillation.monitor().history().get(epoch)); }

    /** Returns the excess loss, or null with one mask an example, which does not tell the lower bound of the loss. */
    private static @Nullable Double known(Monitor.Means means) {
        return Double.isNaN(means.excess()) ? null : means.excess();
    }

    @Override public boolean compares() { return true; }

    /** Scores the teacher in evaluation mode and by Monte-Carlo prediction. */
    @Override public Map<String, Metrics.Score> baselines(Runnable interruption) {
        Torch.manualSeed(setup.seed());
        var rivals = new LinkedHashMap<String, Metrics.Score>();
        rivals.put("standard", score(Predictions.PLAIN, interruption));
        rivals.put("Monte-Carlo of " + options.mc(), score(Predictions.monteCarlo(network, options.mc(), drops), interruption));
        return rivals;
    }

    private Metrics.Score score(Predictions.Predictor predictor, Runnable interruption) {
        try (var progress = Progress.none(); var predictions =
                Predictions.of(network, predictor, setup.testLoader(), setup.precision(), setup.device(), progress, interruption)) {
            return Metrics.Score.of(predictions.score().accuracy(), predictions.score().loss());
        }
    }

    @Override public void close() {
        distillation.close();
        optimizer.close();
        student.close();
    }
}
