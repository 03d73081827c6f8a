package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Scaled dot-product attention whose weights are dropped in training (Vaswani et al., 2017, arXiv:1706.03762). Without a mask source it
 * uses libtorch's fused kernel. With one, it computes the weights and multiplies them by masks [N, heads, L, S].
 */
public final class AttentionDropout extends DropoutLayer {
    /** @param p probability of dropping a weight, in [0, 1] */
    public AttentionDropout(double p) { super(p, false); }

    /**
     * Computes the attention.
     *
     * @param query queries [N, heads, L, size]
     * @param key keys [N, heads, S, size]
     * @param value values [N, heads, S, size]
     * @param visible boolean, true where a key is attended to, or numbers added to the scores; broadcasts to [N, heads, L, S]; null if all
     * keys are visible
     * @return the attended values, of the query's shape
     */
    public Tensor attend(Tensor query, Tensor key, Tensor value, @Nullable Tensor visible) {
        return attend(query, key, value, visible, false, isDropping() ? p() : 0, isDropping() ? masks() : null);
    }

    /**
     * Computes the attention.
     *
     * @param causal whether a query attends to no later key; only the fused kernel does this by itself, and {@code visible} is then null
     * @param masks source of masks, or null for the kernel's own
     */
    static Tensor attend(Tensor query, Tensor key, Tensor value, @Nullable Tensor visible, boolean causal, double p,
            @Nullable MaskSource masks) {
        if (masks == null) return Aten.scaledDotProductAttention(query, key, value, visible, p, causal);
        Tensor weights = weights(query, key, visible);
        return weights.mul(masks.mask(weights, weights.shape(), p)).matmul(value);
    }

    /** Returns the attention weights [N, heads, L, S], which sum to 1 for each query. */
    static Tensor weights(Tensor query, Tensor key, @Nullable Tensor visible) {
        Tensor scores = query.mul(Math.sqrt(1.0 / query.size(-1))).matmul(key.transpose(-2, -1));
        if (visible == null) return scores.softmax(-1);
        return (visible.isFloatingPoint() ? scores.add(visible) : scores.maskedFill(visible.logicalNot(), Double.NEGATIVE_INFINITY))
                .softmax(-1);
    }

    @Override protected long[] maskShape(Tensor input) { return input.shape(); }

    @Override protected Module recreate() { return new AttentionDropout(p()); }
}
