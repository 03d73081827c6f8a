package panatorch.nn.functional;

import panatorch.Aten;
import panatorch.Tensor;

/** Normalisations that are more than one operator; the others are {@code Aten.layerNorm}, {@code Aten.batchNorm} and so on. */
public final class Normalization {
    private Normalization() {}

    /** Divides by the p-norm along a dimension, or by {@code eps} where that is larger. */
    public static Tensor normalize(Tensor input, double p, long dim, double eps) { return input.div(input.norm(p, new long[] {dim}, true).clampMin(eps)); }

    /** Lengths of 1 along dimension 1. */
    public static Tensor normalize(Tensor input) { return normalize(input, 2, 1, 1e-12); }

    /**
     * Krizhevsky et al., 2012, §3.3: divides [N, C, *] by {@code (k + α · mean)^β}, with the mean square of neighbouring channels.
     *
     * @param size how many channels are in the mean
     */
    public static Tensor localResponseNorm(Tensor input, long size, double alpha, double beta, double k) {
        if (input.dim() < 3) throw new IllegalArgumentException("local response normalisation takes [N, C, *], not " + input.describe());
        if (input.numel() == 0) return input;
        Tensor flat = input.flatten(2, -1), squares = flat.mul(flat).unsqueeze(1);      // [N, 1, C, *]
        Tensor mean = Aten.avgPool2d(Aten.pad(squares, new long[] {0, 0, size / 2, (size - 1) / 2}), new long[] {size, 1}, new long[] {1, 1});
        return input.div(mean.squeeze(1).mul(alpha).add(k).pow(beta).reshape(input.shape()));
    }
}
