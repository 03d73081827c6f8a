package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.init.Init;

/**
 * Multi-head attention (Vaswani et al., 2017, arXiv:1706.03762). Parameters: {@code in_proj_weight} [3·E, E], or, if keys or values have
 * other sizes, {@code q_proj_weight}, {@code k_proj_weight}, {@code v_proj_weight}; {@code in_proj_bias} [3·E]; {@code bias_k},
 * {@code bias_v} [1, 1, E]; {@code out_proj.weight}, {@code out_proj.bias}.
 *
 * <pre>{@code
 * var attention = new MultiheadAttention(MultiheadAttention.options(64, 8).batchFirst(true));
 * Tensor y = attention.forward(Torch.randn(2, 10, 64));           // self-attention, of the same shape
 * }</pre>
 *
 * <p>
 * Attention weights are dropped in training; {@linkplain #setMasks masks} are [N, heads, L, S]. Without a mask source the fused kernel
 * draws its own.
 *
 * <p>
 * Shapes: queries are [L, N, E], keys [S, N, kdim] and values [S, N, vdim]; with {@code batchFirst} N comes first, and without a batch it
 * is absent.
 */
public final class MultiheadAttention extends Module implements Masked {
    /**
     * Options of the layer. Each method returns changed options.
     *
     * @param embed E, the number of features
     * @param heads number of heads, which divides E
     * @param dropout probability of dropping attention weights
     * @param bias whether projections have a bias
     * @param biasKv whether a learned key and value are added
     * @param zeroAttention whether a key and value of zeros are added
     * @param kdim features of keys
     * @param vdim features of values
     * @param batchFirst whether the batch is the first dimension
     */
    public record Options(long embed, int heads, double dropout, boolean bias, boolean biasKv, boolean zeroAttention, long kdim, long vdim,
            boolean batchFirst) {
        public Options dropout(double p) { return new Options(embed, heads, p, bias, biasKv, zeroAttention, kdim, vdim, batchFirst); }

        public Options bias(boolean on) { return new Options(embed, heads, dropout, on, biasKv, zeroAttention, kdim, vdim, batchFirst); }

        public Options biasKv(boolean on) { return new Options(embed, heads, dropout, bias, on, zeroAttention, kdim, vdim, batchFirst); }

        public Options zeroAttention(boolean on) { return new Options(embed, heads, dropout, bias, biasKv, on, kdim, vdim, batchFirst); }

        /** Sets the sizes of keys and values. */
        public Options sizes(long keys, long values) {
            return new Options(embed, heads, dropout, bias, biasKv, zeroAttention, keys, values, batchFirst);
        }

        public Options batchFirst(boolean on) { return new Options(embed, heads, dropout, bias, biasKv, zeroAttention, kdim, vdim, on); }

        boolean packed() { return kdim == embed && vdim == embed; }
    }

    /**
     * Options of one call. Masks are boolean, true where a key is not attended to, or numbers that are added before the softmax. Each
     * method returns changed options.
     *
     * @param keyPaddingMask mask [N, S], or null
     * @param attentionMask mask [L, S] or [N·heads, L, S], or null
     * @param needWeights whether to return the weights; the fused kernel is used if not
     * @param averageWeights whether to average the weights over the heads
     * @param isCausal whether the attention mask hides exactly the later keys. Unlike in Python, the mask can then be left out; the kernel
     * uses none if there is neither padding nor a need for weights
     */
    public record ForwardOptions(@Nullable Tensor keyPaddingMask, @Nullable Tensor attentionMask, boolean needWeights,
            boolean averageWeights, boolean isCausal) {
        public ForwardOptions keyPaddingMask(@Nullable Tensor mask) {
            return new ForwardOptions(mask, attentionMask, needWeights, averageWeights, isCausal);
        }

        public ForwardOptions attentionMask(@Nullable Tensor mask) {
            return new ForwardOptions(keyPaddingMask, mask, needWeights, averageWeights, isCausal);
        }

        public ForwardOptions needWeights(boolean on) {
            return new ForwardOptions(keyPaddingMask, attentionMask, on, averageWeights, isCausal);
        }

        public ForwardOptions averageWeights(boolean on) {
            return new ForwardOptions(keyPaddingMask, attentionMask, needWeights, on, isCausal);
        }

        public ForwardOptions isCausal(boolean on) {
            return new ForwardOptions(keyPaddingMask, attentionMask, needWeights, averageWeights, on);
        }
    }

    /** Returns options without masks, with weights averaged over the heads. */
    public static ForwardOptions forwardOptions() {
        return new ForwardOptions(null, null, true, true, false);
    }

    /**
     * The result of a call.
     *
     * @param output attended values, of the query's shape
     * @param weights attention weights [N, L, S], or [N, heads, L, S] if not averaged; null if not requested
     */
    public record Result(Tensor output, @Nullable Tensor weights) {}

    private final Options options;
    private Module out;
    private final DropState drop;

    public static Options options(long embed, int heads) { return new Options(embed, heads, 0, true, false, false, embed, embed, false); }

    public MultiheadAttention(long embed, int heads) { this(options(embed, heads)); }

    /** Creates a layer with changed options: {@code new MultiheadAttention(64, 8, o -> o.batchFirst(true))}. */
    public MultiheadAttention(long embed, int heads, UnaryOperator<Options> change) {
        this(change.apply(options(embed, heads)));
    }

    public MultiheadAttention(Options o) {
        if (o.embed < 1 || o.heads < 1 || o.embed % o.heads != 0)
            throw new IllegalArgumentException(o.heads + " heads do not divide " + o.embed + " features");
        options = o;
        drop = new DropState(o.dropout);
        long e = o.embed;
        List<Tensor> in = o.packed() ? List.of(Torch.empty(3 * e, e))
                : List.of(Torch.empty(e, e), Torch.empty(e, o.kdim), Torch.empty(e, o.vdim));
        List<String> names = o.packed() ? List.of("in_proj_weight") : List.of("q_proj_weight", "k_proj_weight", "v_proj_weight");
        for (int i = 0; i < in.size(); i++) parameter(names.get(i), in.get(i));
        parameter("in_proj_bias", o.bias ? Torch.zeros(3 * e) : null);
        out = child("out_proj", new Linear(e, e, o.bias));
        in.forEach(w -> Init.xavierUniform_(w, 1)); // after the output's, as in PyTorch
        if (o.bias) Init.constant_(out.parameter("bias"), 0);
        parameter("bias_k", o.biasKv ? Init.xavierNormal_(Torch.empty(1, 1, e), 1) : null);
        parameter("bias_v", o.biasKv ? Init.xavierNormal_(Torch.empty(1, 1, e), 1) : null);
    }

    @Override public double p() { return drop.p(); }

    @Override public void setP(double p) { drop.setP(p); }

    @Override public @Nullable MaskSource masks() { return drop.masks(); }

    @Override public void setMasks(@Nullable MaskSource source) { drop.setMasks(this, source); }

    /** Computes self-attention, without returning its weights. */
    @Override public Tensor forward(Tensor input) {
        return attend(input, input, input, null, null, false, false).output();
    }

    /** Computes attention, with weights averaged over the heads. */
    public Result forward(Tensor query, Tensor key, Tensor value) {
        return forward(query, key, value, forwardOptions());
    }

    /** Takes query, key and value, then the key padding mask and the attention mask, and returns output and averaged weights. */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        if (inputs.size() == 1) return List.of(forward(inputs.getFirst()));
        Result r = attend(inputs.get(0), inputs.get(1), inputs.get(2), Inputs.at(inputs, 3), Inputs.at(inputs, 4), true, true);
        return List.of(r.output(), r.weights());
    }

    /** Computes {@link #forward(Tensor, Tensor, Tensor, ForwardOptions)} without an options object. */
    public Result attend(Tensor query, Tensor key, Tensor value, @Nullable Tensor keyPaddingMask, @Nullable Tensor attentionMask,
            boolean needWeights, boolean averageWeights) {
        return forward(query, key, value, new ForwardOptions(keyPaddingMask, attentionMask, needWeights, averageWeights, false));
    }

    /**
     * Computes attention.
     *
     * @throws IllegalArgumentException if a mask is neither boolean nor floating-point
     */
    public Result forward(Tensor query, Tensor key, Tensor value, ForwardOptions o) {
        boolean batched = query.dim() == 3, turned = batched && options.batchFirst;
        Tensor[] projected = project(laidOut(query, batched), key == query ? null : laidOut(key, batched),
                value == key ? null : laidOut(value, batched));
        Tensor q = projected[0], k = projected[1], v = projected[2]; // [L, N, E], [S, N, E]
        long length = q.size(0), n = q.size(1), heads = options.heads, size = options.embed / heads;
        boolean kernelHides = o.isCausal && drop.asked(this) == null && o.keyPaddingMask == null && !o.needWeights && !options.biasKv
                && !options.zeroAttention;
        Tensor given = kernelHides ? null : o.attentionMask == null && o.isCausal ? later(length, k.size(0), q) : o.attentionMask;
        Tensor mask = given == null ? null : added(given, q);
        if (mask != null && mask.dim() == 2) mask = mask.unsqueeze(0);
        Tensor padding = o.keyPaddingMask == null ? null : added(batched ? o.keyPaddingMask : o.keyPaddingMask.unsqueeze(0), q);
        int more = 0;
        if (options.biasKv) {
            k = Aten.cat(k, parameter("bias_k").repeat(1, n, 1));
            v = Aten.cat(v, parameter("bias_v").repeat(1, n, 1));
            more++;
        }
        if (options.zeroAttention) {
            Tensor zeros = Aten.zeros(new long[] {1, n, options.embed}, k.dtype(), null, k.device());
            k = Aten.cat(k, zeros);
            v = Aten.cat(v, zeros);
            more++;
        }
        if (more > 0 && mask != null) mask = Aten.pad(mask, new long[] {0, more});
        if (more > 0 && padding != null) padding = Aten.pad(padding, new long[] {0, more});
        long keys = k.size(0);
        if (mask != null) mask = mask.size(0) == 1 ? mask.unsqueeze(0) : mask.reshape(n, heads, length, keys);
        if (padding != null) padding = padding.reshape(n, 1, 1, keys);
        Tensor all = mask == null ? padding : padding == null ? mask : mask.add(padding);
        q = q.reshape(length, n, heads, size).permute(1, 2, 0, 3); // [N, heads, L, size]
        k = k.reshape(keys, n, heads, size).permute(1, 2, 0, 3);
        v = v.reshape(keys, n, heads, size).permute(1, 2, 0, 3);
        Tensor weights = null, output;
        if (o.needWeights) {
            weights = AttentionDropout.weights(q, k, all);
            MaskSource masks = drop.asked(this);
            if (masks != null) weights = weights.mul(masks.mask(weights, weights.shape(), drop.p()));
            else if (drop.isDropping(this)) weights = Aten.dropout(weights, drop.p(), true);
            output = weights.matmul(v);
        } else {
            output = AttentionDropout.attend(q, k, v, all, kernelHides, drop.isDropping(this) ? drop.p() : 0, drop.asked(this));
        }
        output = out.call(output.permute(2, 0, 1, 3).reshape(length, n, options.embed));
        if (weights != null && o.averageWeights) weights = weights.mean(1);
        if (!batched) return new Result(output.squeeze(1), weights == null ? null : weights.squeeze(0));
        return new Result(turned ? output.transpose(0, 1) : output, weights);
    }

    /** Returns {@code t} as [length, N, features]. */
    private Tensor laidOut(Tensor t, boolean batched) {
        return !batched ? t.unsqueeze(1) : options.batchFirst ? t.transpose(0, 1) : t;
    }

    /** Returns a mask [length, keys], true where a key is later than the query. */
    private static Tensor later(long length, long keys, Tensor like) {
        return Torch.ones(DType.BOOL, like.device(), length, keys).triu(1);
    }

    static Tensor added(Tensor mask, Tensor like) {
        if (mask.isFloatingPoint()) return mask;
        if (mask.dtype() != DType.BOOL)
            throw new IllegalArgumentException("masks have to be boolean or floating-point, not " + mask.describe());
        return Aten.zeros(mask.shape(), like.dtype(), null, like.device()).maskedFill(mask, Double.NEGATIVE_INFINITY);
    }

    /**
     * Projects query, key and value.
     *
     * @param key keys, or null if they are the query
     * @param value values, or null if they are the keys
     */
    private Tensor[] project(Tensor query, @Nullable Tensor key, @Nullable Tensor value) {
        Tensor weight = parameterOrNull("in_proj_weight"), bias = parameterOrNull("in_proj_bias");
        if (weight != null && key == null && value == null) return Aten.linear(query, weight, bias).chunk(3, -1).toArray(Tensor[]::new);
        Tensor k = key == null ? query : key, v = value == null ? k : value;
        var weights = weight != null ? weight.chunk(3)
                : List.of(parameter("q_proj_weight"), parameter("k_proj_weight"), parameter("v_proj_weight"));
        var biases = bias == null ? Arrays.<Tensor>asList(null, null, null) : bias.chunk(3);
        return new Tensor[] {Aten.linear(query, weights.get(0), biases.get(0)), Aten.linear(k, weights.get(1), biases.get(1)),
            Aten.linear(v, weights.get(2), biases.get(2))};
    }

    @Override protected Module recreate() { return new MultiheadAttention(options); }

    /** Returns the module as PyTorch prints it, where the output layer has a class of its own. */
    @Override public String toString() {
        return super.toString().replace("(out_proj): Linear(", "(out_proj): NonDynamicallyQuantizableLinear(");
    }
}
