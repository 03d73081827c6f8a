package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * A chain of {@link TransformerEncoderLayer}s, optionally followed by a normalisation.
 *
 * <pre>{@code
 * var layer = new TransformerEncoderLayer(TransformerOptions.of(512, 8).batchFirst(true));
 * var encoder = new TransformerEncoder(layer, 6, null);
 * Tensor y = encoder.forward(Torch.randn(32, 10, 512));           // of the same shape
 * }</pre>
 */
public final class TransformerEncoder extends Module {
    private ModuleList<Module> layers;
    private @Nullable Module norm;

    /**
     * Creates the encoder.
     *
     * @param layer first layer; the others start as copies of it
     * @param n number of layers
     * @param norm normalisation after the last layer, or null
     */
    public TransformerEncoder(TransformerEncoderLayer layer, int n, @Nullable Module norm) {
        if (n < 1) throw new IllegalArgumentException("the number of layers has to be at least 1, not " + n);
        layers = child("layers", new ModuleList<Module>(layer));
        for (int i = 1; i < n; i++) layers.add(copyOf(layer));
        this.norm = norm == null ? null : child("norm", norm);
    }

    @Override public Tensor forward(Tensor source) { return forward(source, null, null); }

    /** Encodes the source. Masks are as in {@link TransformerEncoderLayer}. */
    public Tensor forward(Tensor source, @Nullable Tensor mask, @Nullable Tensor keyPaddingMask) {
        Tensor x = callInTurn(layers, source, (layer, in) -> layer.callAll(Arrays.asList(in, mask, keyPaddingMask)).getFirst());
        return norm == null ? x : norm.call(x);
    }

    /** Takes source, mask and key padding mask. */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), Inputs.at(inputs, 1), Inputs.at(inputs, 2)));
    }

    @Override protected Module recreate() {
        var layer = (TransformerEncoderLayer) layers.get(0).recreate();
        return new TransformerEncoder(layer, layers.size(), norm == null ? null : norm.recreate());
    }
}
