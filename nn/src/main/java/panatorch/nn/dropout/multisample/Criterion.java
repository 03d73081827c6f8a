package panatorch.nn.dropout.multisample;

import java.util.function.BinaryOperator;
import panatorch.Tensor;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/**
 * A loss of outputs and targets, and what it does with the losses of single rows: by that the losses of several dropout samples are averaged.
 *
 * <pre>{@code
 * Criterion.of(CrossEntropy.mean().labelSmoothing(0.1));
 * new Criterion(Losses::mse, Reduction.MEAN);                            // any function
 * }</pre>
 *
 * @param loss of outputs [N, …] and targets [N, …]: [N, …] without reduction, else []; a mean may be weighted by what is known of the targets
 *     (class weights, rows that do not count), as each sample has the same targets
 */
public record Criterion(BinaryOperator<Tensor> loss, Reduction reduction) {
    /** Cross-entropy with its own options. */
    public static Criterion of(CrossEntropy crossEntropy) { return new Criterion(crossEntropy::apply, crossEntropy.reduction()); }

    Tensor apply(Tensor outputs, Tensor target) { return loss.apply(outputs, target); }

    /** The part of {@code samples} samples in the average of {@code all}. @param loss of their rows, sample-major */
    Tensor share(Tensor loss, int samples, int all) {
        return switch (reduction) {
            case MEAN -> samples == all ? loss : loss.mul((double) samples / all);
            case SUM -> all == 1 ? loss : loss.div(all);
            case NONE -> samples == all ? Samples.split(loss, samples).mean(0) : Samples.split(loss, samples).sum(0).div(all);
        };
    }
}
