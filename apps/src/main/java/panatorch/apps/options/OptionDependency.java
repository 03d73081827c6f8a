package panatorch.apps.options;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.Counted;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Model.CommandSpec;

/**
 * An option that has an effect only together with others. Passing it without them is an error, because it would otherwise go unnoticed.
 *
 * @param option the option
 * @param effective whether it has an effect in this call
 * @param where when it has none, as the end of a sentence
 */
public record OptionDependency(String option, boolean effective, String where) {
    private static OptionDependency with(boolean effective, String option, String needed) {
        return new OptionDependency(option, effective, "without " + needed);
    }

    public static List<OptionDependency> of(DataOptions d) {
        return List.of(data(d.dataset), with(d.dataset == DatasetName.FOLDER, "--image-size", "--dataset folder"), damaged(d.dataset),
                new OptionDependency("--no-augment", d.dataset != DatasetName.SST2, "on texts"));
    }

    private static OptionDependency data(DatasetName d) {
        return with(d != DatasetName.SYNTHETIC, "--data", "--dataset: the synthetic images are built in");
    }

    private static OptionDependency damaged(DatasetName d) { return with(d == DatasetName.FOLDER, "--damaged", "--dataset folder"); }

    public static List<OptionDependency> of(ModelOptions m) {
        boolean gyro = m.dropout == DropoutName.GYRO;
        return List.of(with(gyro, "--sigma", "--dropout gyro"), with(gyro, "--tau", "--dropout gyro"),
                with(m.dropout == DropoutName.MULTI_SAMPLE, "--dropout-samples", "--dropout multi-sample"),
                new OptionDependency("--dropout-p", m.dropout != DropoutName.NONE, "with --dropout none"));
    }

    public static List<OptionDependency> of(StepOptions s) {
        return List.of(with(s.optimizer.hasMomentum(), "--momentum", "--optimizer sgd or rmsprop"));
    }

    public static List<OptionDependency> of(LearningOptions l) {
        ScheduleName s = l.schedule;
        boolean reduces = s == ScheduleName.STEP || s == ScheduleName.MULTI_STEP || s == ScheduleName.PLATEAU;
        return List.of(with(s == ScheduleName.STEP, "--step-epochs", "--schedule step"),
                with(s == ScheduleName.MULTI_STEP, "--milestones", "--schedule multi-step"),
                with(reduces, "--gamma", "--schedule step, multi-step or plateau"),
                with(s == ScheduleName.PLATEAU, "--plateau-patience", "--schedule plateau"));
    }

    /** Returns the dependencies of all options of {@code train}, however long the run is. */
    public static List<OptionDependency> of(TrainOptions o) {
        return joined(List.of(of(o.data), of(o.model), of(o.learning.step), of(o.learning)));
    }

    /**
     * Returns the dependencies that the length of the run decides.
     *
     * @param batches number of batches of an epoch
     */
    public static List<OptionDependency> within(LearningPlan l, long batches) {
        int epochs = l.epochs();
        SchedulePlan s = l.schedule();
        String run = "in a run of " + Counted.of(epochs, "epoch");
        return List.of(new OptionDependency("--milestones", s.milestones().stream().allMatch(m -> m < epochs), "from its end on " + run),
                new OptionDependency("--step-epochs", s.stepEpochs() < epochs, run),
                new OptionDependency("--early-stop", l.earlyStop() == null || l.earlyStop() < epochs, run),
                new OptionDependency("--accumulate", l.accumulate() <= batches,
                        "beyond the " + Counted.of(batches, "batch", "batches") + " of an epoch"));
    }

    public static List<OptionDependency> within(RunOptions r, int epochs) {
        return List.of(new OptionDependency("--stop-after", r.stopAfter == null || r.stopAfter < epochs,
                "in a run of " + Counted.of(epochs, "epoch")), new OptionDependency("--verbose", !r.quiet, "with --quiet"));
    }

    public static List<OptionDependency> of(DatasetName dataset) { return List.of(data(dataset), damaged(dataset)); }

    /**
     * Returns the dependencies of a prediction.
     *
     * @param mc number of Monte-Carlo samples; null without them
     */
    public static List<OptionDependency> of(@Nullable Integer mc) {
        return List.of(with(mc != null, "--dropout-p", "--mc: only then is something dropped"));
    }

    /** Returns the dependencies of an evaluation of a model file, or of a checkpoint. */
    public static List<OptionDependency> ofModelFile(boolean model) {
        var all = new ArrayList<OptionDependency>();
        for (String o : List.of("--model", "--normalize", "--dropout-p", "--precision", "--mc"))
            all.add(new OptionDependency(o, !model, "with --model-file"));
        for (String o : List.of("--weights", "--program", "--labels", "--preprocessing", "--tokenizer", "--optimize"))
            all.add(with(model, o, "--model-file"));
        return all;
    }

    /** Returns the dependencies of a range test, which does not test and draws new masks for each step. */
    public static List<OptionDependency> ofRangeTest(DataOptions d, ModelOptions m, StepOptions s) {
        String there = "on a range test";
        return joined(List.of(of(d), List.of(new OptionDependency("--limit-test", false, there),
                new OptionDependency("--sigma", false, there), new OptionDependency("--tau", false, there)), of(m), of(s)));
    }

    private static List<OptionDependency> joined(List<List<OptionDependency>> lists) {
        var all = new ArrayList<OptionDependency>();
        lists.forEach(all::addAll);
        return all;
    }

    /** Returns the options without an effect. */
    public static Set<String> idle(List<OptionDependency> effects) {
        return effects.stream().filter(e -> !e.effective).map(OptionDependency::option).collect(Collectors.toSet());
    }

    /**
     * Fails if the user passed an option without an effect.
     *
     * @throws InputException if the call itself, and not only a file that it names, has such an option
     */
    public static void check(CommandSpec command, List<OptionDependency> effects) {
        Set<String> given = ((GivenOptions) command.root().userObject()).given(command);
        for (OptionDependency e : effects)
            if (!e.effective && given.contains(e.option)) throw new InputException(e.option + " has no effect " + e.where);
    }
}
