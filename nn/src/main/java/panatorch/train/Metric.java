package panatorch.train;

import panatorch.Tensor;

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
    public static final Metric ACCURACY = new Metric("accuracy", (logits, target) -> logits.argmax(1L).eq(classes(target)).sum());

    /** The part of rows whose class is among the {@code k} largest logits. */
    public static Metric topK(long k) {
        return new Metric("top" + k, (logits, target) -> logits.topk(Math.min(k, logits.size(1)), 1).indices().eq(classes(target).unsqueeze(1)).sum());
    }

    private static Tensor classes(Tensor target) { return target.dtype().isFloatingPoint() ? target.argmax(1L) : target; }
}
