package panatorch;

import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/**
 * A switch of a library that libtorch computes with, as in Python's {@code torch.backends}. The switches hold for the whole process: set
 * them before other threads compute. A switch has no effect if this libtorch was built without the library.
 */
public enum BackendFlag {
    /** {@code torch.backends.cudnn.enabled}: computes convolutions, norms and recurrent layers on CUDA with cuDNN. */
    CUDNN(Context::userEnabledCuDNN, Context::setUserEnabledCuDNN),
    /**
     * {@code torch.backends.cudnn.benchmark}: times cuDNN's algorithms at the first convolution of each shape, and uses the fastest from
     * then on.
     */
    CUDNN_BENCHMARK(Context::benchmarkCuDNN, Context::setBenchmarkCuDNN),
    /** {@code torch.backends.cudnn.deterministic}: uses only algorithms of cuDNN that give the same bits each time. */
    CUDNN_DETERMINISTIC(Context::deterministicCuDNN, Context::setDeterministicCuDNN),
    /** {@code torch.backends.cudnn.allow_tf32}: computes float32 convolutions in TF32 (10 bits of mantissa) on GPUs that have it. */
    CUDNN_TF32(Context::allowTF32CuDNN, Context::setAllowTF32CuDNN),
    /** {@code torch.backends.cuda.matmul.allow_tf32}: computes float32 matrix products in TF32, as {@link MatmulPrecision#HIGH}. */
    CUBLAS_TF32(Context::allowTF32CuBLAS, Context::setAllowTF32CuBLAS),
    /** {@code torch.backends.mkldnn.enabled}: computes convolutions and other operators on the CPU with oneDNN. */
    MKLDNN(Context::userEnabledMkldnn, Context::setUserEnabledMkldnn),
    /** {@code torch.backends.mkldnn.deterministic}: uses only algorithms of oneDNN that give the same bits each time. */
    MKLDNN_DETERMINISTIC(Context::deterministicMkldnn, Context::setDeterministicMkldnn),
    /**
     * {@code torch.backends.nnpack.set_flags}: computes small convolutions of few images with NNPACK. Initially off if NNPACK does not
     * support the processor.
     */
    NNPACK(Context::userEnabledNNPACK, Context::setUserEnabledNNPACK),
    /** {@code torch.backends.cuda.enable_flash_sdp}: lets attention be computed by FlashAttention, on the CPU too. */
    FLASH_SDP(Context::userEnabledFlashSDP, Context::setSDPUseFlash),
    /** {@code torch.backends.cuda.enable_mem_efficient_sdp}: lets attention on CUDA be computed by memory-efficient attention. */
    MEM_EFFICIENT_SDP(Context::userEnabledMemEfficientSDP, Context::setSDPUseMemEfficient),
    /** {@code torch.backends.cuda.enable_math_sdp}: lets attention be computed by its formula, from matrix products and softmax. */
    MATH_SDP(Context::userEnabledMathSDP, Context::setSDPUseMath),
    /** {@code torch.backends.cuda.enable_cudnn_sdp}: lets attention on CUDA be computed by cuDNN. */
    CUDNN_SDP(Context::userEnabledCuDNNSDP, Context::setSDPUseCuDNN);

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
