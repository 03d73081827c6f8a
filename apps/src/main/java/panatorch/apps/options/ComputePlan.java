package panatorch.apps.options;

import java.util.Map;
import panatorch.Device;

/**
 * Device, threads and seed of a command, resolved from {@link ComputeOptions}.
 *
 * @param device device of the network and its batches
 * @param threads CPU threads of each operator
 * @param seed seed of all random numbers
 */
public record ComputePlan(Device device, int threads, long seed) {
    /** Returns the values that took the place of defaults, by option. */
    public Map<String, Object> derived() {
        return Map.of("--device", device.type() == Device.Type.CUDA ? DeviceName.CUDA : DeviceName.CPU, "--threads", threads);
    }
}
