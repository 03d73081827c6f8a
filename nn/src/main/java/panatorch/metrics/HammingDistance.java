package panatorch.metrics;

import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The fraction of elements that differ between predictions and targets: of all labels, where an example has several. For use by one thread
 * at a time.
 */
public final class HammingDistance extends SumMetric {
    /**
     * Adds a batch.
     *
     * @param predictions whole numbers or bool [N, …]; of probabilities, {@code probabilities.gt(0.5)}
     * @param targets whole numbers or bool of the same shape
     * @throws IllegalArgumentException if shapes or types are wrong
     */
    public void update(Tensor predictions, Tensor targets) {
        Inputs.pairs(predictions, targets);
        if (predictions.dtype().isFloatingPoint() || targets.dtype().isFloatingPoint())
            throw new IllegalArgumentException("predictions and targets have to be whole numbers or bool, not "
                    + Inputs.describe(predictions) + " and " + Inputs.describe(targets) + "; compare scores with a threshold first");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor wrong = predictions.to(DType.INT64).ne(targets.to(predictions.device(), DType.INT64)).sum();
            add(Aten.stack(wrong, wrong.zerosLike().add(predictions.numel())));
        }
    }

    /** Returns the fraction, in [0, 1]. */
    public double value() {
        long[] s = sums().toLongArray();
        return (double) s[0] / s[1];
    }
}
