package panatorch.nn.attention;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import panatorch.BackendFlag;

/**
 * A choice of kernels for {@code scaled_dot_product_attention} until it is closed, PyTorch's {@code torch.nn.attention.sdpa_kernel}.
 *
 * <pre>{@code
 * try (var kernels = SdpaKernel.only(BackendFlag.MATH_SDP)) {
 *     net.call(x);
 * }
 * }</pre>
 *
 * <p>
 * It holds for the whole process, as the switches of {@link BackendFlag} do: other threads that compute attention meanwhile use the same
 * kernels. Choices that overlap close in the reverse order of their beginning.
 */
public final class SdpaKernel implements AutoCloseable {
    private static final List<BackendFlag> KERNELS = List.of(BackendFlag.FLASH_SDP, BackendFlag.MEM_EFFICIENT_SDP, BackendFlag.MATH_SDP,
            BackendFlag.CUDNN_SDP);

    private final Map<BackendFlag, Boolean> before = new EnumMap<>(BackendFlag.class);
    private boolean closed;

    private SdpaKernel(List<BackendFlag> allowed) {
        for (BackendFlag kernel : KERNELS) {
            before.put(kernel, kernel.isOn());
            kernel.set(allowed.contains(kernel));
        }
    }

    /**
     * Allows some kernels and no others. Where none of them can compute an attention, it is a {@link panatorch.TorchException}.
     *
     * @param kernels some of {@code FLASH_SDP}, {@code MEM_EFFICIENT_SDP}, {@code MATH_SDP} and {@code CUDNN_SDP}
     * @throws IllegalArgumentException if there are none, or others are among them
     */
    public static SdpaKernel only(BackendFlag... kernels) {
        List<BackendFlag> others = new ArrayList<>(List.of(kernels));
        others.removeAll(KERNELS);
        if (kernels.length == 0 || !others.isEmpty())
            throw new IllegalArgumentException("attention is computed by some of " + KERNELS + ", but the argument is " + List.of(kernels));
        return new SdpaKernel(List.of(kernels));
    }

    /** Allows what was allowed before. */
    @Override public void close() {
        if (closed) return;
        closed = true;
        before.forEach(BackendFlag::set);
    }
}
