package panatorch.nn;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * A decoder layer: self-attention, attention to an encoder's output, and a feed-forward network, each with dropout, a residual sum and a
 * {@link LayerNorm} (Vaswani et al., 2017, arXiv:1706.03762, §3.1). Target [T, N, model] or [T, model], or with {@code batchFirst} [N, T,
 * model].
 */
public final class TransformerDecoderLayer extends Module {
    private final TransformerOptions options;
    private MultiheadAttention attention, crossAttention;
    private Module linear1, linear2, norm1, norm2, norm3, dropout, dropout1, dropout2, dropout3;

    public TransformerDecoderLayer(long model, int heads) { this(TransformerOptions.of(model, heads)); }

    /** Creates a layer with changed options: {@code new TransformerDecoderLayer(512, 8, o -> o.batchFirst(true))}. */
    public TransformerDecoderLayer(long model, int heads, UnaryOperator<TransformerOptions> change) {
        this(change.apply(TransformerOptions.of(model, heads)));
    }

    public TransformerDecoderLayer(TransformerOptions o) {
        options = o;
        attention = child("self_attn", o.attention());
        crossAttention = child("multihead_attn", o.attention());
        linear1 = child("linear1", new Linear(o.model(), o.feedforward(), o.bias()));
        dropout = child("dropout", new Dropout(o.dropout()));
        linear2 = child("linear2", new Linear(o.feedforward(), o.model(), o.bias()));
        norm1 = child("norm1", o.norm());
        norm2 = child("norm2", o.norm());
        norm3 = child("norm3", o.norm());
        dropout1 = child("dropout1", new Dropout(o.dropout()));
        dropout2 = child("dropout2", new Dropout(o.dropout()));
        dropout3 = child("dropout3", new Dropout(o.dropout()));
    }

    /**
     * Decodes without masks.
     *
     * @param target target [T, N, model]
     * @param memory the encoder's output [S, N, model]
     */
    public Tensor forward(Tensor target, Tensor memory) { return forward(target, memory, null, null, null, null); }

    /**
     * Decodes with masks as in {@link MultiheadAttention#attend}.
     *
     * @param targetMask mask of the target by the target, or null
     * @param memoryMask mask of the memory by the target, or null
     * @param targetPaddingMask mask [N, T], or null
     * @param memoryPaddingMask mask [N, S], or null
     */
    public Tensor forward(Tensor target, Tensor memory, @Nullable Tensor targetMask, @Nullable Tensor memoryMask,
            @Nullable Tensor targetPaddingMask, @Nullable Tensor memoryPaddingMask) {
        Tensor x = target;
        x = behind(norm1, x.add(dropout1.call(attend(attention, before(norm1, x), null, targetPaddingMask, targetMask))));
        x = behind(norm2, x.add(dropout2.call(attend(crossAttention, before(norm2, x), memory, memoryPaddingMask, memoryMask))));
        return behind(norm3, x.add(dropout3.call(linear2.call(dropout.call(options.activation().apply(linear1.call(before(norm3, x))))))));
    }

    private Tensor before(Module norm, Tensor x) { return options.normFirst() ? norm.call(x) : x; }

    private Tensor behind(Module norm, Tensor x) { return options.normFirst() ? x : norm.call(x); }

    private static Tensor attend(MultiheadAttention to, Tensor x, @Nullable Tensor memory, @Nullable Tensor paddingMask,
            @Nullable Tensor mask) {
        Tensor keys = memory == null ? x : memory;
        return to.attend(x, keys, keys, paddingMask, mask, false, false).output();
    }

    /** Takes target, memory, and the masks in the order of {@code forward}. */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1), Inputs.at(inputs, 2), Inputs.at(inputs, 3), Inputs.at(inputs, 4),
                Inputs.at(inputs, 5)));
    }

    @Override protected Module recreate() { return new TransformerDecoderLayer(options); }
}
