package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Scaled dot-product attention whose weights are dropped in training (Vaswani et al., 2017, arXiv:1706.03762). Without a source of masks it is libtorch's
 * fused kernel; with one the weights are computed, and masked: masks are [N, heads, L, S].
 */
public final class AttentionDropout extends DropoutLayer {
    /** @param p probability of dropping a weight, in [0, 1] */
    public AttentionDropout(double p) { super(p, false); }

    /**
     * @param query [N, heads, L, size]
     * @param key [N, heads, S, size], as is {@code value}
     * @param visible boolean, true where a key is attended, or numbers added to the scores; broadcasts to [N, heads, L, S]; null for everything
     * @return as {@code query}
     */
    public Tensor attend(Tensor query, Tensor key, Tensor value, @Nullable Tensor visible) {
        return attend(query, key, value, visible, false, isDropping() ? p() : 0, isDropping() ? masks() : null);
    }

    /** @param causal whether a query attends no later key, which only the kernel hides by itself; {@code visible} is null then; @param masks null for the kernel's own */
    static Tensor attend(Tensor query, Tensor key, Tensor value, @Nullable Tensor visible, boolean causal, double p, @Nullable MaskSource masks) {
        if (masks == null) return Aten.scaledDotProductAttention(query, key, value, visible, p, causal);
        Tensor weights = weights(query, key, visible);
        return weights.mul(masks.mask(weights, weights.shape(), p)).matmul(value);
    }

    /** Each query's, of sum 1: [N, heads, L, S]. */
    static Tensor weights(Tensor query, Tensor key, @Nullable Tensor visible) {
        Tensor scores = query.mul(Math.sqrt(1.0 / query.size(-1))).matmul(key.transpose(-2, -1));
        if (visible == null) return scores.softmax(-1);
        return (visible.isFloatingPoint() ? scores.add(visible) : scores.maskedFill(visible.logicalNot(), Double.NEGATIVE_INFINITY)).softmax(-1);
    }

    @Override protected long[] maskShape(Tensor input) { return input.shape(); }

    @Override protected Module recreate() { return new AttentionDropout(p()); }
}
