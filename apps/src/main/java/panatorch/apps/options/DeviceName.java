package panatorch.apps.options;

import panatorch.Device;
import panatorch.Torch;
import panatorch.apps.console.InputException;
import panatorch.cuda.Cuda;

/** {@code --device}: where a command computes. */
public enum DeviceName {
    AUTO, CPU, CUDA;

    public Device resolve() {
        boolean gpu = this != CPU && Cuda.isAvailable();
        if (this == CUDA && !gpu) throw new InputException("--device cuda asks for a GPU, but " + whyNoGpu());
        return gpu ? Device.CUDA : Device.CPU;
    }

    /** Explains why there is no GPU, as the end of a sentence. */
    public static String whyNoGpu() {
        return Torch.buildConfiguration().contains("USE_CUDA=ON") || Torch.buildConfiguration().contains("USE_CUDA=1")
                ? "no NVIDIA GPU with a working driver was found" : "this libtorch is built for the CPU only";
    }

    @Override public String toString() { return Names.of(this); }
}
