package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** A chain of {@link TransformerDecoderLayer}s, optionally followed by a normalisation. */
public final class TransformerDecoder extends Module {
    private ModuleList<Module> layers;
    private @Nullable Module norm;

    /**
     * Creates the decoder.
     *
     * @param layer first layer; the others start as copies of it
     * @param n number of layers
     * @param norm normalisation after the last layer, or null
     */
    public TransformerDecoder(TransformerDecoderLayer layer, int n, @Nullable Module norm) {
        if (n < 1) throw new IllegalArgumentException("the number of layers has to be at least 1, not " + n);
        layers = child("layers", new ModuleList<Module>(layer));
        for (int i = 1; i < n; i++) layers.add(copyOf(layer));
        this.norm = norm == null ? null : child("norm", norm);
    }

    public Tensor forward(Tensor target, Tensor memory) { return forward(target, memory, null, null, null, null); }

    /** Decodes the target. Masks are as in {@link TransformerDecoderLayer}. */
    public Tensor forward(Tensor target, Tensor memory, @Nullable Tensor targetMask, @Nullable Tensor memoryMask,
            @Nullable Tensor targetPaddingMask, @Nullable Tensor memoryPaddingMask) {
        Tensor x = callInTurn(layers, target, (layer, in) -> layer
                .callAll(Arrays.asList(in, memory, targetMask, memoryMask, targetPaddingMask, memoryPaddingMask)).getFirst());
        return norm == null ? x : norm.call(x);
    }

    /** Takes target, memory, and the masks in the order of {@code forward}. */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1), Inputs.at(inputs, 2), Inputs.at(inputs, 3), Inputs.at(inputs, 4),
                Inputs.at(inputs, 5)));
    }

    @Override protected Module recreate() {
        var layer = (TransformerDecoderLayer) layers.get(0).recreate();
        return new TransformerDecoder(layer, layers.size(), norm == null ? null : norm.recreate());
    }
}
