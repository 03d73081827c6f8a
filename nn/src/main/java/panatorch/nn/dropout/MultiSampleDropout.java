package panatorch.nn.dropout;

import java.util.Arrays;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Dropout;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/**
 * Multi-sample dropout (Inoue 2019, arXiv:1905.09788): in training, M dropout samples of the same features go through one
 * shared head, and their losses are averaged. The trunk runs once; the head runs once, too, over a batch of M·N rows, with no
 * loop over samples. With M = 1 it is plain dropout, bit for bit. In evaluation nothing is dropped and no random number drawn.
 *
 * <p>Not done: the paper's horizontal flip and padding as further sources of diversity, and heads that hold dropout layers of their own.
 * A batch normalisation inside the head normalises over all M·N rows.
 *
 * <p>Owns nothing: head and dropout stay the model's. Whether it trains or evaluates, the head's mode says.
 */
public final class MultiSampleDropout {
    private final Module dropout, head;
    private final int samples;

    /** @param p probability of dropping, in [0, 1]; @param samples M, at least 1; @param head from [*, D] to [*, C] */
    public MultiSampleDropout(double p, int samples, Module head) { this(new Dropout(p), samples, head); }

    MultiSampleDropout(Module dropout, int samples, Module head) {
        if (samples < 1) throw new IllegalArgumentException("at least one dropout sample is needed, not " + samples);
        this.dropout = dropout;
        this.samples = samples;
        this.head = head;
    }

    /** @param loss [], or [N] of a criterion without reduction; @param logits [N, C], the mean over the samples, for metrics */
    public record Result(Tensor loss, Tensor logits) {}

    /**
     * @param features [N, D] (or [N, …], as the head takes them)
     * @param target [N] int64, or probabilities [N, C]
     */
    public Result apply(Tensor features, Tensor target, CrossEntropy criterion) {
        if (!head.isTraining()) {
            Tensor logits = head.call(features);
            return new Result(criterion.apply(logits, target), logits);
        }
        try (var scope = Scope.open()) {
            long[] shape = new long[(int) features.dim() + 1];
            Arrays.fill(shape, -1);
            shape[0] = samples;
            Tensor tiled = features.unsqueeze(0).expand(shape);                    // [M, N, D], a view
            Tensor logits = head.call(dropout.call(tiled).flatten(0, 1));    // [M·N, C], sample-major
            Tensor loss = averaged(criterion.apply(logits, tile(target)), criterion.reduction());
            return new Result(scope.move(loss), scope.move(logits.unflatten(0, new long[] {samples, -1}).mean(0)));
        }
    }

    /** The mean cross-entropy []. */
    public Tensor loss(Tensor features, Tensor target) { return apply(features, target, CrossEntropy.mean()).loss(); }

    /** Rows repeat as a whole, as those of the samples do. */
    private Tensor tile(Tensor target) {
        long[] repeats = new long[(int) target.dim()];
        Arrays.fill(repeats, 1);
        repeats[0] = samples;
        return target.repeat(repeats);
    }

    private Tensor averaged(Tensor loss, Reduction reduction) {
        return switch (reduction) {
            case MEAN -> loss;
            case SUM -> loss.div(samples);
            case NONE -> loss.unflatten(0, new long[] {samples, -1}).mean(0);
        };
    }
}
