package panatorch.train;

import panatorch.Tensor;
import panatorch.metrics.Accuracy;

/**
 * A measure whose mean over all rows is reported.
 *
 * @param name as reports have it
 * @param sum [], over a batch's rows
 */
public record Metric(String name, Sum sum) {
    /** Of an output [N, …] and the batch's target. */
    @FunctionalInterface
    public interface Sum {
        Tensor of(Tensor output, Tensor target);
    }

    /** The part of rows whose largest logit is their class's, of logits [N, C] and classes [N] or probabilities [N, C]. */
    public static final Metric ACCURACY = right("accuracy", 1);

    /** The part of rows whose class is among the {@code k} largest logits; all of them where there are no more classes. */
    public static Metric topK(int k) { return right("top" + k, k); }

    private static Metric right(String name, int k) {
        return new Metric(name, (logits, target) -> Accuracy.correct(logits, classes(target), (int) Math.min(k, logits.size(1))).sum());
    }

    private static Tensor classes(Tensor target) { return target.dtype().isFloatingPoint() ? target.argmax(1L) : target; }
}
