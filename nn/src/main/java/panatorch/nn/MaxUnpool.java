package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.functional.Pooling;

/**
 * Reverses {@link MaxPool}: puts elements at the places from which it took them, and zeros elsewhere (Zeiler and Fergus 2013,
 * arXiv:1311.2901).
 */
public abstract sealed class MaxUnpool extends Module permits MaxUnpool1d, MaxUnpool2d, MaxUnpool3d {
    final long[] kernel, stride, padding;

    MaxUnpool(int dims, long[] kernel, long[] stride, long[] padding) {
        this.kernel = Sizes.of(dims, kernel);
        this.stride = Sizes.of(dims, stride);
        this.padding = Sizes.of(dims, padding);
    }

    /**
     * Unpools the input.
     *
     * @param indices indices from {@link MaxPool#withIndices}
     * @param outputSize size of the pooled input, if several sizes give the same output
     */
    public final Tensor forward(Tensor input, Tensor indices, long... outputSize) {
        return Pooling.maxUnpool(input, indices, kernel, stride, padding, outputSize);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1)));
    }

    @Override protected String describe() {
        return "kernel_size=" + Repr.tuple(kernel) + ", stride=" + Repr.tuple(stride) + ", padding=" + Repr.tuple(padding);
    }
}
