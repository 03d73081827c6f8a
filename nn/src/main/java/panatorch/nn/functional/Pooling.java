package panatorch.nn.functional;

import java.util.Arrays;
import panatorch.Aten;
import panatorch.Nn;
import panatorch.Tensor;

/** Poolings that need more than one operator. The others are operators such as {@code Aten.maxPool2d} and {@code Nn.avgPool2d}. */
public final class Pooling {
    private Pooling() {}

    /**
     * Takes the p-th root of the sum of p-th powers in each window; for infinite p, the largest magnitude.
     *
     * @param kernel one size for each of one to three dimensions
     * @param ceilMode whether windows may extend beyond the far edges
     */
    public static Tensor lpPool(Tensor input, double p, long[] kernel, long[] stride, boolean ceilMode) {
        int dims = kernel.length;
        long[] none = new long[dims], one = new long[dims];
        if (Double.isInfinite(p)) {
            Arrays.fill(one, 1);
            Tensor sizes = p > 0 ? input.abs() : input.abs().neg(), largest = switch (dims) {
                case 1 -> Aten.maxPool1d(sizes, kernel, stride, none, one, ceilMode);
                case 2 -> Aten.maxPool2d(sizes, kernel, stride, none, one, ceilMode);
                default -> Aten.maxPool3d(sizes, kernel, stride, none, one, ceilMode);
            };
            return p > 0 ? largest : largest.neg();
        }
        Tensor powers = input.pow(p), mean = switch (dims) {
            case 1 -> Aten.avgPool1d(powers, kernel, stride, none, ceilMode, true);
            case 2 -> Nn.avgPool2d(powers, kernel, stride, none, ceilMode, true);
            default -> Nn.avgPool3d(powers, kernel, stride, none, ceilMode, true);
        };
        return mean.sign().mul(mean.abs().relu()).mul(Arrays.stream(kernel).reduce(1, (a, b) -> a * b)).pow(1 / p);
    }

    /**
     * Reverses a max pooling: puts elements where it took them from, and zeros elsewhere.
     *
     * @param indices the pooling's indices, int64
     * @param kernel one size for each of one to three dimensions
     * @param outputSize size of these dimensions, if several sizes give the same pooled size; none for the smallest
     */
    public static Tensor maxUnpool(Tensor input, Tensor indices, long[] kernel, long[] stride, long[] padding, long... outputSize) {
        int dims = kernel.length;
        long[] size = new long[dims];
        for (int d = 0; d < dims; d++) {
            long least = (input.size(d - dims) - 1) * stride[d] + kernel[d] - 2 * padding[d];
            size[d] = outputSize.length == 0 ? least : outputSize[outputSize.length - dims + d];
            if (Math.abs(size[d] - least) >= stride[d])
                throw new IllegalArgumentException("the output size has to be between " + (least - stride[d]) + " and " + (least
                        + stride[d]) + ", not " + size[d]);
        }
        return switch (dims) {
            case 1 -> Nn.maxUnpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), size[0], 1).squeeze(-1);
            case 2 -> Nn.maxUnpool2d(input, indices, size);
            default -> Nn.maxUnpool3d(input, indices, size, stride, padding);
        };
    }
}
