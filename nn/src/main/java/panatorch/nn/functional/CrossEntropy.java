package panatorch.nn.functional;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Cross-entropy of logits, as {@code torch.nn.functional.cross_entropy}.
 *
 * @param weight weight of each class [C], or null
 * @param reduction reduction over the rows
 * @param ignoreIndex target class that is ignored
 * @param labelSmoothing share of the target that is spread over all classes, in [0, 1] (Szegedy et al., 2015, arXiv:1512.00567)
 */
public record CrossEntropy(@Nullable Tensor weight, Reduction reduction, long ignoreIndex, double labelSmoothing) {
    private static final CrossEntropy PLAIN = new CrossEntropy(null, Reduction.MEAN, -100, 0);

    /** Returns the mean over all rows, without further options. */
    public static CrossEntropy mean() { return PLAIN; }

    public CrossEntropy reduction(Reduction r) { return new CrossEntropy(weight, r, ignoreIndex, labelSmoothing); }

    public CrossEntropy weight(@Nullable Tensor w) { return new CrossEntropy(w, reduction, ignoreIndex, labelSmoothing); }

    public CrossEntropy ignoreIndex(long i) { return new CrossEntropy(weight, reduction, i, labelSmoothing); }

    public CrossEntropy labelSmoothing(double s) { return new CrossEntropy(weight, reduction, ignoreIndex, s); }

    /**
     * Computes the cross-entropy.
     *
     * @param logits logits [N, C], or [N, C, …]
     * @param target classes int64 [N], or [N, …]; or probabilities of the logits' shape
     * @return [] or, with {@link Reduction#NONE}, of the target's shape
     */
    public Tensor apply(Tensor logits, Tensor target) {
        return Aten.crossEntropyLoss(logits, target, weight, reduction.ordinal(), ignoreIndex, labelSmoothing);
    }

    /** Returns the mean cross-entropy. */
    public static Tensor crossEntropy(Tensor logits, Tensor target) {
        return PLAIN.apply(logits, target);
    }
}
