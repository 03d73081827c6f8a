package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Nn;
import panatorch.Tensor;

/** Puts elements where {@link MaxPool} took them from, and zeros elsewhere (Zeiler and Fergus 2013, arXiv:1311.2901). */
public abstract sealed class MaxUnpool extends Module permits MaxUnpool1d, MaxUnpool2d, MaxUnpool3d {
    final long[] kernel, stride, padding;
    private final int dims;

    MaxUnpool(int dims, long[] kernel, long[] stride, long[] padding) {
        this.dims = dims;
        this.kernel = Sizes.of(dims, kernel);
        this.stride = Sizes.of(dims, stride);
        this.padding = Sizes.of(dims, padding);
    }

    /** @param indices as {@link MaxPool#withIndices} gives them; @param outputSize of the pooled input, where several have the same result */
    public final Tensor forward(Tensor input, Tensor indices, long... outputSize) {
        long[] size = outputSize.length > dims ? Arrays.copyOfRange(outputSize, outputSize.length - dims, outputSize.length) : outputSize.clone();
        if (size.length == 0) {
            size = new long[dims];
            for (int d = 0; d < dims; d++) size[d] = (input.size(d - dims) - 1) * stride[d] + kernel[d] - 2 * padding[d];
        }
        return switch (dims) {
            case 1 -> Nn.maxUnpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), size[0], 1).squeeze(-1);
            case 2 -> Nn.maxUnpool2d(input, indices, size);
            default -> Nn.maxUnpool3d(input, indices, size, stride, padding);
        };
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) { return List.of(forward(inputs.get(0), inputs.get(1))); }

    @Override protected String describe() { return "kernel_size=" + Repr.tuple(kernel) + ", stride=" + Repr.tuple(stride) + ", padding=" + Repr.tuple(padding); }
}
