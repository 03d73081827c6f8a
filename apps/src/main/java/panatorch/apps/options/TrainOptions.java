package panatorch.apps.options;

import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Mixin;

/**
 * What can be said of training to {@code train}. {@link #resolve} puts what takes effect in the place of defaults and {@code auto}: then the options are
 * all that a run depends on, and the same ones give the same weights, bit for bit, on the same CPU.
 */
public final class TrainOptions {
    @Mixin(name = "Data") public DataOptions data = new DataOptions();
    @Mixin(name = "Model") public ModelOptions model = new ModelOptions();
    @Mixin(name = "Learning") public LearningOptions learning = new LearningOptions();
    @Mixin(name = "Compute") public ComputeOptions compute = new ComputeOptions();

    private @Nullable Device device;
    private @Nullable Precision precision;

    /** @throws InputException if a number makes no sense, or options contradict each other */
    public void check() {
        data.check();
        model.check();
        learning.check();
        if (model.model.readsTexts() && (learning.mixup != null || learning.cutmix != null)) throw new InputException("--mixup and --cutmix mix images, and " + model.model + " takes texts");
        compute.check();
    }

    /** @throws InputException if the device or the precision is not to be had */
    public void resolve() {
        model.resolve();
        learning.resolve(data.dataset, model.model);
        Device place = compute.resolve();
        device = place;
        precision = learning.step.resolve(data.dataset, place);
    }

    public Device device() { return resolved(device); }

    public Precision precision() { return resolved(precision); }

    private static <T> T resolved(@Nullable T value) {
        if (value == null) throw new IllegalStateException("options are resolved before they are used");
        return value;
    }
}
