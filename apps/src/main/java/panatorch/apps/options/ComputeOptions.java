package panatorch.apps.options;

import org.jspecify.annotations.Nullable;
import panatorch.Torch;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** Options for where a command computes and which random numbers it draws. */
public final class ComputeOptions {
    @Option(names = "--device", paramLabel = "DEVICE", defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, a GPU if there is one")
    private DeviceName device = DeviceName.AUTO;

    @Option(names = "--threads", paramLabel = "N", description = "CPU threads of each operator; default: one per core")
    private @Nullable Integer threads;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "seed of all random numbers; default: ${DEFAULT-VALUE}")
    private long seed;

    /**
     * Checks the numbers.
     *
     * @throws InputException if one is out of range
     */
    public void check() { OptionCheck.within("--threads", threads, 1, Torch.MOST_THREADS); }

    /**
     * Chooses the device, and sets libtorch's number of threads.
     *
     * @throws InputException if the device is not available
     */
    public ComputePlan resolve() {
        int count = threads == null ? Torch.numThreads() : threads;
        // Also where it is the number already: one that was set does not change with other callers, so that a run can be repeated bit for
        // bit.
        Torch.setNumThreads(count);
        return new ComputePlan(device.resolve(), count, seed);
    }
}
