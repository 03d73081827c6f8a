package panatorch.apps.options;

import panatorch.apps.console.InputException;
import picocli.CommandLine.Mixin;

/** All options of {@code train} that decide what is learnt. */
public final class TrainOptions {
    @Mixin(name = "Data")
    DataOptions data = new DataOptions();
    @Mixin(name = "Model")
    ModelOptions model = new ModelOptions();
    @Mixin(name = "Learning")
    LearningOptions learning = new LearningOptions();
    @Mixin(name = "Compute")
    ComputeOptions compute = new ComputeOptions();

    /**
     * Checks the numbers, and options that exclude each other.
     *
     * @throws InputException if a number is out of range, or options contradict each other
     */
    public void check() {
        data.check();
        model.check();
        learning.check();
        if (model.name.readsTexts() && learning.mixes())
            throw new InputException("--mixup and --cutmix mix images, and " + model.name + " takes texts");
        compute.check();
    }

    /** Returns the data set, which is opened before anything else is resolved. */
    public DataPlan data() { return data.resolve(); }

    /**
     * Replaces defaults and {@code auto} by the values that take effect.
     *
     * @throws InputException if the device or the precision is not available
     */
    public TrainPlan resolve() {
        ModelPlan network = model.resolve();
        ComputePlan place = compute.resolve();
        return new TrainPlan(data.resolve(), network, learning.resolve(data.dataset, network.name(), place.device()), place);
    }
}
