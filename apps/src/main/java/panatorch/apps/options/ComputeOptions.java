package panatorch.apps.options;

import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Torch;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** Where a command computes, and from what random numbers. */
public final class ComputeOptions {
    @Option(names = "--device", paramLabel = "DEVICE", defaultValue = "auto", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, a GPU if there is one")
    DeviceName device = DeviceName.AUTO;

    @Option(names = "--threads", paramLabel = "N", description = "of the CPU, for each operator; default: one per core")
    public @Nullable Integer threads;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "the same seed gives the same result; default: ${DEFAULT-VALUE}")
    public long seed;

    public void check() { Check.within("--threads", threads, 1, Torch.MOST_THREADS); }

    /** Puts what takes effect in the place of what was not said. @throws InputException if the device is not to be had */
    public Device resolve() {
        if (threads == null) threads = Torch.numThreads();
        Torch.setNumThreads(threads); // also the number it has anyway: one that is set does not change with what else calls, and so the same run has the same bits
        Device place = device.resolve();
        device = place.type() == Device.Type.CUDA ? DeviceName.CUDA : DeviceName.CPU;
        return place;
    }
}
