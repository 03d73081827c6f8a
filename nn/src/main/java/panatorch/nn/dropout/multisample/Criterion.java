package panatorch.nn.dropout.multisample;

import java.util.function.BinaryOperator;
import panatorch.Tensor;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/**
 * A loss of outputs and targets, together with its reduction, which decides how the losses of several dropout samples are averaged.
 *
 * <pre>{@code
 * Criterion.of(CrossEntropy.mean().labelSmoothing(0.1));
 * new Criterion(Losses::mse, Reduction.MEAN);                            // any function
 * }</pre>
 *
 * @param loss loss of outputs [N, …] and targets [N, …]: [N, …] without reduction, otherwise []. A mean may have weights that depend on the
 * targets (class weights, ignored rows), because all samples have the same targets
 * @param reduction reduction that {@code loss} applies
 */
public record Criterion(BinaryOperator<Tensor> loss, Reduction reduction) {
    /** Returns the cross-entropy with its own options. */
    public static Criterion of(CrossEntropy crossEntropy) {
        return new Criterion(crossEntropy::apply, crossEntropy.reduction());
    }

    Tensor apply(Tensor outputs, Tensor target) { return loss.apply(outputs, target); }

    /**
     * Returns the contribution of {@code samples} samples to the average of {@code all}.
     *
     * @param loss loss of their rows, sample-major
     */
    Tensor share(Tensor loss, int samples, int all) {
        return switch (reduction) {
            case MEAN -> samples == all ? loss : loss.mul((double) samples / all);
            case SUM -> all == 1 ? loss : loss.div(all);
            case NONE -> samples == all ? Samples.split(loss, samples).mean(0) : Samples.split(loss, samples).sum(0).div(all);
        };
    }
}
