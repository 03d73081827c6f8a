package panatorch.nn;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * An encoder layer: self-attention and a feed-forward network, each with dropout, a residual sum and a {@link LayerNorm} (Vaswani et al.,
 * 2017, arXiv:1706.03762, §3.1). Source [L, N, model] or [L, model], or with {@code batchFirst} [N, L, model].
 */
public final class TransformerEncoderLayer extends Module {
    private final TransformerOptions options;
    private MultiheadAttention attention;
    private Module linear1, linear2, norm1, norm2, dropout, dropout1, dropout2;

    public TransformerEncoderLayer(long model, int heads) { this(TransformerOptions.of(model, heads)); }

    /** Creates a layer with changed options: {@code new TransformerEncoderLayer(512, 8, o -> o.batchFirst(true))}. */
    public TransformerEncoderLayer(long model, int heads, UnaryOperator<TransformerOptions> change) {
        this(change.apply(TransformerOptions.of(model, heads)));
    }

    public TransformerEncoderLayer(TransformerOptions o) {
        options = o;
        attention = child("self_attn", o.attention());
        linear1 = child("linear1", new Linear(o.model(), o.feedforward(), o.bias()));
        dropout = child("dropout", new Dropout(o.dropout()));
        linear2 = child("linear2", new Linear(o.feedforward(), o.model(), o.bias()));
        norm1 = child("norm1", o.norm());
        norm2 = child("norm2", o.norm());
        dropout1 = child("dropout1", new Dropout(o.dropout()));
        dropout2 = child("dropout2", new Dropout(o.dropout()));
    }

    @Override public Tensor forward(Tensor source) { return forward(source, null, null); }

    /**
     * Encodes with masks as in {@link MultiheadAttention#attend}.
     *
     * @param mask mask [L, L] or [N·heads, L, L], or null
     * @param keyPaddingMask mask [N, L], or null
     */
    public Tensor forward(Tensor source, @Nullable Tensor mask, @Nullable Tensor keyPaddingMask) {
        if (options.normFirst()) {
            Tensor x = source.add(attended(norm1.call(source), mask, keyPaddingMask));
            return x.add(fed(norm2.call(x)));
        }
        Tensor x = norm1.call(source.add(attended(source, mask, keyPaddingMask)));
        return norm2.call(x.add(fed(x)));
    }

    private Tensor attended(Tensor x, @Nullable Tensor mask, @Nullable Tensor keyPaddingMask) {
        return dropout1.call(attention.attend(x, x, x, keyPaddingMask, mask, false, false).output());
    }

    private Tensor fed(Tensor x) { return dropout2.call(linear2.call(dropout.call(options.activation().apply(linear1.call(x))))); }

    /** Takes source, mask and key padding mask. */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), Inputs.at(inputs, 1), Inputs.at(inputs, 2)));
    }

    @Override protected Module recreate() { return new TransformerEncoderLayer(options); }
}
