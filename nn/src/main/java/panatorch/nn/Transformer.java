package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.init.Init;

/**
 * The encoder-decoder transformer of Vaswani et al., 2017, arXiv:1706.03762, without embeddings and positions: source [S, N, model] and
 * target [T, N, model] → [T, N, model]; with {@code batchFirst} N comes first. Matrices are initialised as by Glorot and Bengio 2010.
 *
 * <pre>{@code
 * var network = new Transformer(TransformerOptions.of(512, 8), 6, 6);
 * Tensor y = network.forward(Torch.randn(10, 32, 512), Torch.randn(20, 32, 512));     // [20, 32, 512]
 * }</pre>
 */
public final class Transformer extends Module {
    private final TransformerOptions options;
    private final int encoderLayers, decoderLayers;
    private TransformerEncoder encoder;
    private TransformerDecoder decoder;

    public Transformer(TransformerOptions o, int encoderLayers, int decoderLayers) {
        options = o;
        this.encoderLayers = encoderLayers;
        this.decoderLayers = decoderLayers;
        encoder = child("encoder", new TransformerEncoder(new TransformerEncoderLayer(o), encoderLayers, o.norm()));
        decoder = child("decoder", new TransformerDecoder(new TransformerDecoderLayer(o), decoderLayers, o.norm()));
        for (Tensor p : parameters()) if (p.dim() > 1) Init.xavierUniform_(p, 1);
    }

    /**
     * Returns the mask [n, n] by which no place attends to later ones, minus infinity above the diagonal, to be added before the softmax.
     */
    public static Tensor causalMask(long n) { return Torch.full(new long[] {n, n}, Double.NEGATIVE_INFINITY).triu(1); }

    public Tensor forward(Tensor source, Tensor target) { return forwardAll(List.of(source, target)).getFirst(); }

    /** Takes source and target, then the masks of source, target and memory, then the padding masks of source, target and memory. */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        Tensor memory = encoder.callAll(Arrays.asList(inputs.get(0), Inputs.at(inputs, 2), Inputs.at(inputs, 5))).getFirst();
        var ofDecoder = Arrays.asList(inputs.get(1), memory, Inputs.at(inputs, 3), Inputs.at(inputs, 4), Inputs.at(inputs, 6),
                Inputs.at(inputs, 7));
        return decoder.callAll(ofDecoder);
    }

    @Override protected Module recreate() { return new Transformer(options, encoderLayers, decoderLayers); }
}
