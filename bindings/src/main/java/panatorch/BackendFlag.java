package panatorch;

import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/**
 * Switches of the libraries that libtorch computes with, Python's {@code torch.backends}. They are the process's: set them before other
 * threads compute. One of a library that this libtorch was built without has no effect.
 */
public enum BackendFlag {
    /** {@code torch.backends.cudnn.enabled}: convolutions, norms and recurrent layers of CUDA by cuDNN. */
    CUDNN(Context::userEnabledCuDNN, Context::setUserEnabledCuDNN),
    /**
     * {@code torch.backends.cudnn.benchmark}: times cuDNN's algorithms at the first convolution of each shape, and takes the fastest from
     * then on.
     */
    CUDNN_BENCHMARK(Context::benchmarkCuDNN, Context::setBenchmarkCuDNN),
    /** {@code torch.backends.cudnn.deterministic}: only algorithms of cuDNN that give the same bits each time. */
    CUDNN_DETERMINISTIC(Context::deterministicCuDNN, Context::setDeterministicCuDNN),
    /** {@code torch.backends.cudnn.allow_tf32}: float32 convolutions in TF32, 10 bits of mantissa, on GPUs that have it. */
    CUDNN_TF32(Context::allowTF32CuDNN, Context::setAllowTF32CuDNN),
    /** {@code torch.backends.cuda.matmul.allow_tf32}: float32 matrix products in TF32, as {@link MatmulPrecision#HIGH}. */
    CUBLAS_TF32(Context::allowTF32CuBLAS, Context::setAllowTF32CuBLAS),
    /** {@code torch.backends.mkldnn.enabled}: convolutions and more of the CPU by oneDNN. */
    MKLDNN(Context::userEnabledMkldnn, Context::setUserEnabledMkldnn),
    /** {@code torch.backends.mkldnn.deterministic} */
    MKLDNN_DETERMINISTIC(Context::deterministicMkldnn, Context::setDeterministicMkldnn),
    /**
     * {@code torch.backends.nnpack.set_flags}: small convolutions of few images by NNPACK; off from the start where it does not know the
     * processor.
     */
    NNPACK(Context::userEnabledNNPACK, Context::setUserEnabledNNPACK);

    @FunctionalInterface
    private interface Getter {
        boolean of(Context context);
    }

    @FunctionalInterface
    private interface Setter {
        void set(Context context, boolean on);
    }

    private final Getter getter;
    private final Setter setter;

    BackendFlag(Getter getter, Setter setter) {
        this.getter = getter;
        this.setter = setter;
    }

    public boolean isOn() { return getter.of(context()); }

    public void set(boolean on) { setter.set(context(), on); }

    static Context context() {
        Startup.ensure();
        return torch.globalContext();
    }
}
