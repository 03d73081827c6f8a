package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Sums, means or maxima of rows of an embedding table, computed without creating the rows. Parameter: {@code weight} [n, dim], initially
 * normal with standard deviation 1.
 */
public final class EmbeddingBag extends Module {
    /** The reduction of a bag's rows, in libtorch's order. */
    public enum Mode {
        SUM, MEAN, MAX
    }

    private final Embedding.Options options;
    private final Mode mode;
    private final boolean lastOffset;

    public EmbeddingBag(long n, long dim) { this(Embedding.options(n, dim), Mode.MEAN, false); }

    /**
     * Creates the layer.
     *
     * @param lastOffset whether the offsets end with the number of indices
     */
    public EmbeddingBag(Embedding.Options options, Mode mode, boolean lastOffset) {
        if (mode == Mode.MAX && (options.scaleByFrequency() || options.sparse()))
            throw new IllegalArgumentException("Mode.MAX supports neither sparse gradients nor scaling by frequency");
        this.options = options;
        this.mode = mode;
        this.lastOffset = lastOffset;
        parameter("weight", options.table());
    }

    public Tensor weight() { return parameter("weight"); }

    /**
     * Reduces bags of one size, [N, dim].
     *
     * @param input bags, int64 [N, size]
     */
    @Override public Tensor forward(Tensor input) { return forward(input, null, null); }

    /**
     * Reduces bags.
     *
     * @param input indices int64 [N, size], or [indices] with offsets
     * @param offsets beginnings of the bags, int64 [N]; null for bags of one size
     * @param weights weights of the rows, of the input's shape, for sums only; null for 1
     * @return [N, dim]
     */
    public Tensor forward(Tensor input, @Nullable Tensor offsets, @Nullable Tensor weights) {
        boolean even = input.dim() == 2;
        if (even == (offsets != null) || input.dim() < 1 || input.dim() > 2)
            throw new IllegalArgumentException("EmbeddingBag takes [N, size], or [indices] with offsets, not " + input.describe());
        if (weights != null && mode != Mode.SUM) throw new IllegalArgumentException("weights need Mode.SUM");
        Tensor table = parameter("weight"), flat = even ? input.reshape(-1) : input;
        Tensor begins = offsets != null ? offsets : Aten.arange(0, input.numel(), input.size(1), input.dtype(), null, input.device());
        options.renormalize(table, flat);
        return Aten.embeddingBag(table, flat, begins, options.scaleByFrequency(), mode.ordinal(), options.sparse(),
                weights == null ? null : weights.reshape(-1),
                !even && lastOffset, options.paddingIndex()).result0();
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), Inputs.at(inputs, 1), Inputs.at(inputs, 2)));
    }

    @Override protected Module recreate() { return new EmbeddingBag(options, mode, lastOffset); }

    @Override protected String describe() {
        var o = options;
        return o.n() + ", " + o.dim() + (o.maxNorm() == null ? "" : ", max_norm=" + Repr.of((Object) o.maxNorm()))
                + (o.normType() == 2 ? "" : ", norm_type=" + Repr.of(o.normType()))
                + (o.scaleByFrequency() ? ", scale_grad_by_freq=True" : "")
                + ", mode='" + mode.name().toLowerCase(java.util.Locale.ROOT) + "'"
                + (o.paddingIndex() == null ? "" : ", padding_idx=" + o.paddingIndex());
    }
}
