package panatorch.nn.functional;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Normalisations that need more than one operator. The others are operators such as {@code Aten.layerNorm} and {@code Aten.batchNorm}.
 */
public final class Normalization {
    private Normalization() {}

    /** Divides by the p-norm along a dimension, or by {@code eps} where that is larger. */
    public static Tensor normalize(Tensor input, double p, long dim, double eps) {
        return input.div(input.norm(p, new long[] {dim}, true).clampMin(eps));
    }

    /** Divides by the Euclidean norm along dimension 1, so that lengths are 1. */
    public static Tensor normalize(Tensor input) {
        return normalize(input, 2, 1, 1e-12);
    }

    /**
     * Local response normalisation (Krizhevsky et al., 2012, §3.3): divides [N, C, *] by {@code (k + α · mean)^β}, with the mean square of
     * neighbouring channels.
     *
     * @param size number of channels in the mean
     */
    public static Tensor localResponseNorm(Tensor input, long size, double alpha, double beta, double k) {
        if (input.dim() < 3) throw new IllegalArgumentException("local response normalisation takes [N, C, *], not " + input.describe());
        if (input.numel() == 0) return input;
        Tensor flat = input.flatten(2, -1), squares = flat.mul(flat).unsqueeze(1); // [N, 1, C, *]
        Tensor mean =
                Aten.avgPool2d(Aten.pad(squares, new long[] {0, 0, size / 2, (size - 1) / 2}), new long[] {size, 1}, new long[] {1, 1});
        return input.div(mean.squeeze(1).mul(alpha).add(k).pow(beta).reshape(input.shape()));
    }
}
