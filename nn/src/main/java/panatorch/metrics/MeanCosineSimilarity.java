package panatorch.metrics;

import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The mean cosine of the angle between predicted and target vectors. A vector of length 0 has a cosine of 0. For use by one thread at a
 * time.
 */
public final class MeanCosineSimilarity extends SumMetric {
    /**
     * Adds a batch.
     *
     * @param predictions vectors [N, D], floating-point
     * @param targets vectors [N, D]
     */
    public void update(Tensor predictions, Tensor targets) {
        Inputs.pairs(predictions, targets);
        if (predictions.dim() != 2 || !predictions.dtype().isFloatingPoint())
            throw new IllegalArgumentException("predictions have to be floating-point numbers [N, D], not "
                    + Inputs.describe(predictions));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor x = Inputs.full(predictions), cosines = Aten.cosineSimilarity(x, targets.to(x), -1).to(DType.FLOAT64);
            add(Aten.stack(cosines.sum(), Aten.onesLike(cosines).sum()));
        }
    }

    /** Returns the mean cosine, in [−1, 1]. */
    public double value() {
        double[] s = sums().toDoubleArray();
        return s[0] / s[1];
    }
}
