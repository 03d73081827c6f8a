package panatorch.train;

import panatorch.Tensor;
import panatorch.metrics.Accuracy;

/**
 * A metric whose mean over all rows is reported.
 *
 * @param name name in reports
 * @param sum function that computes the sum over a batch's rows, []
 */
public record Metric(String name, Sum sum) {
    /** Computes the sum over a batch's rows, [], from an output [N, …] and the batch's target. */
    @FunctionalInterface
    public interface Sum {
        Tensor of(Tensor output, Tensor target);
    }

    /**
     * Accuracy: the fraction of rows whose largest logit is their class's, for logits [N, C] and classes [N] or probabilities [N, C].
     */
    public static final Metric ACCURACY = right("accuracy", 1);

    /**
     * Top-k accuracy: the fraction of rows whose class is among the {@code k} largest logits. If there are at most {@code k} classes,
     * it is 1.
     */
    public static Metric topK(int k) { return right("top" + k, k); }

    private static Metric right(String name, int k) {
        return new Metric(name, (logits, target) -> Accuracy.correct(logits, classes(target), (int) Math.min(k, logits.size(1))).sum());
    }

    private static Tensor classes(Tensor target) { return target.dtype().isFloatingPoint() ? target.argmax(1L) : target; }
}
