package panatorch.export;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.serialize.Reading;

/**
 * How a program is loaded.
 *
 * @param model name of the program in an archive of several; null for the only one
 * @param device where its tensors go
 * @param weights a file of weights that replace those of the archive, in any format that {@code StateDicts} reads, or a folder with
 * {@code model.safetensors}, whole or in pieces with an index; null for the archive's own. The names are those of the state dict, and
 * tensors that the archive has may be missing
 * @param reading how the archive and the weights are read. {@link Reading#MAPPED} is fast and shares memory, for files that nobody writes
 * to
 */
public record LoadOptions(@Nullable String model, Device device, @Nullable Path weights, Reading reading) {
    /** Returns the options of {@link ExportedProgram#load(Path)}: the only program, on the CPU, with the archive's own weights, mapped. */
    public static LoadOptions standard() {
        return new LoadOptions(null, Device.CPU, null, Reading.MAPPED);
    }

    public LoadOptions model(String model) { return new LoadOptions(model, device, weights, reading); }

    public LoadOptions device(Device device) { return new LoadOptions(model, device, weights, reading); }

    public LoadOptions weights(Path weights) { return new LoadOptions(model, device, weights, reading); }

    public LoadOptions reading(Reading reading) { return new LoadOptions(model, device, weights, reading); }
}
