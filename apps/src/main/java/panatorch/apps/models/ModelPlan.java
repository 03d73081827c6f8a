package panatorch.apps.models;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.serialize.Reading;

/**
 * How a model file is loaded.
 *
 * @param program name of the program in an archive of several; null for the only one
 * @param weights file or folder of weights for a program that was exported without; null for its own
 * @param device where it computes
 * @param optimize whether it is optimised for inference after loading
 * @param reading how an exported program's weights are read
 */
public record ModelPlan(@Nullable String program, @Nullable Path weights, Device device, boolean optimize, Reading reading) {
    /** Takes weights from the file while the model lives, which nobody may change so long. */
    public ModelPlan(@Nullable String program, @Nullable Path weights, Device device, boolean optimize) {
        this(program, weights, device, optimize, Reading.MAPPED);
    }

    /** Returns the plan for the only program of a file, with its own weights, on the CPU. */
    public static ModelPlan standard() {
        return new ModelPlan(null, null, Device.CPU, false);
    }
}
