package panatorch.apps;

import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.amp.Precision;
import picocli.CommandLine.Mixin;

/**
 * What can be said of training to {@code train}. {@link #resolve} puts what takes effect in the place of defaults and {@code auto}: then the options are
 * all that a run depends on, and the same ones give the same weights, bit for bit, on the same CPU.
 */
final class TrainOptions {
    @Mixin(name = "Data") DataOptions data = new DataOptions();
    @Mixin(name = "Model") ModelOptions model = new ModelOptions();
    @Mixin(name = "Learning") LearningOptions learning = new LearningOptions();
    @Mixin(name = "Compute") ComputeOptions compute = new ComputeOptions();

    private @Nullable Device device;
    private @Nullable Precision precision;

    /** @throws InputException if a number makes no sense, or options contradict each other */
    void check() {
        data.check();
        model.check();
        learning.check();
        if (model.model.readsTexts() && (learning.mixup != null || learning.cutmix != null)) throw new InputException("--mixup and --cutmix mix images, and " + model.model + " takes texts");
        compute.check();
    }

    /** @throws InputException if the device or the precision is not to be had */
    void resolve() {
        model.resolve();
        learning.resolve(data.dataset, model.model);
        Device place = compute.resolve();
        device = place;
        precision = learning.step.resolve(data.dataset, place);
    }

    Device device() { return resolved(device); }

    Precision precision() { return resolved(precision); }

    private static <T> T resolved(@Nullable T value) {
        if (value == null) throw new IllegalStateException("options are resolved before they are used");
        return value;
    }
}
