package panatorch.nn.functional;

import java.util.Arrays;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Tensor;

/** Losses that need more than one operator. The others are operators such as {@code Nn.mseLoss} and {@code Aten.ctcLoss}. */
public final class Losses {
    private Losses() {}

    /**
     * Gaussian negative log-likelihood {@code (log σ² + (x − y)² / σ²) / 2} of means x, targets y and variances σ².
     *
     * @param variance variances of the input's shape, with one dimension less, or with size 1 in one dimension
     * @param full whether to add the constant
     * @param eps lower bound of the variance; smaller ones are raised to it without a gradient
     * @throws IllegalArgumentException if a variance is negative
     */
    public static Tensor gaussianNll(Tensor input, Tensor target, Tensor variance, boolean full, double eps, Reduction reduction) {
        if (variance.lt(0).any().itemLong() != 0)
            throw new IllegalArgumentException("a variance is negative");
        long[] shape = input.shape();
        boolean shorter =
                variance.dim() != input.dim() && Arrays.equals(variance.shape(), Arrays.copyOf(shape, Math.max(0, shape.length - 1)));
        Tensor v = (shorter ? variance.unsqueeze(-1) : variance).clone();
        try (var noGrad = NoGrad.enter()) {
            v.clampMin_(eps);
        }
        Tensor loss = v.log().add(input.sub(target).pow(2).div(v)).mul(0.5);
        return reduction.of(full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss);
    }

    /**
     * Mean binary cross-entropy of C classes that do not exclude each other: logits [*, C], targets 0 or 1 [*, C] → [*].
     *
     * @param weight weight of each class [C], or null
     */
    public static Tensor multilabelSoftMargin(Tensor input, Tensor target, @Nullable Tensor weight, Reduction reduction) {
        Tensor loss = target.mul(Aten.logSigmoid(input)).add(target.neg().add(1).mul(Aten.logSigmoid(input.neg()))).neg();
        if (weight != null) loss = loss.mul(weight);
        return reduction.of(loss.sum(-1).div(input.size(-1)));
    }

    /**
     * Kullback-Leibler divergence of log-probabilities from probabilities: the sum over all elements, divided by the number of samples.
     */
    public static Tensor klDivBatchMean(Tensor input, Tensor target, boolean logTarget) {
        Tensor sum = Aten.klDiv(input, target, Reduction.SUM.ordinal(), logTarget);
        return input.dim() == 0 ? sum : sum.div(input.size(0));
    }

    /**
     * Triplet loss {@code max(0, d(a, p) − d(a, n) + margin)}.
     *
     * @param swap whether the positive replaces the anchor where it is nearer to the negative
     */
    public static Tensor tripletMarginWithDistance(Tensor anchor, Tensor positive, Tensor negative, BinaryOperator<Tensor> distance,
            double margin, boolean swap, Reduction reduction) {
        Tensor near = distance.apply(anchor, positive), far = distance.apply(anchor, negative);
        if (swap) far = Aten.minimum(far, distance.apply(positive, negative));
        return reduction.of(near.sub(far).add(margin).clampMin(0));
    }
}
