package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** {@link TransformerDecoderLayer}s one after the other, and perhaps a normalisation behind them. */
public final class TransformerDecoder extends Module {
    private final ModuleList layers;
    private final @Nullable Module norm;

    /** @param layer the first; the others begin as copies of it; @param n how many there are; @param norm null for none */
    public TransformerDecoder(TransformerDecoderLayer layer, int n, @Nullable Module norm) {
        if (n < 1) throw new IllegalArgumentException("at least one layer is needed, not " + n);
        layers = child("layers", new ModuleList(layer));
        for (int i = 1; i < n; i++) layers.add(copyOf(layer));
        this.norm = norm == null ? null : child("norm", norm);
    }

    public Tensor forward(Tensor target, Tensor memory) { return forward(target, memory, null, null, null, null); }

    /** Masks as in {@link TransformerDecoderLayer}. */
    public Tensor forward(Tensor target, Tensor memory, @Nullable Tensor targetMask, @Nullable Tensor memoryMask, @Nullable Tensor targetPaddingMask, @Nullable Tensor memoryPaddingMask) {
        Tensor x = callInTurn(layers, target, (layer, in) -> layer.callAll(Arrays.asList(in, memory, targetMask, memoryMask, targetPaddingMask, memoryPaddingMask)).getFirst());
        return norm == null ? x : norm.call(x);
    }

    /** Target, memory, and the masks in order. */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1), Inputs.at(inputs, 2), Inputs.at(inputs, 3), Inputs.at(inputs, 4), Inputs.at(inputs, 5)));
    }

    @Override protected Module recreate() {
        var layer = (TransformerDecoderLayer) layers.get(0).recreate();
        return new TransformerDecoder(layer, layers.size(), norm == null ? null : norm.recreate());
    }
}
