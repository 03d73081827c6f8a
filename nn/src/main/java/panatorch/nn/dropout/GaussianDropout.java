package panatorch.nn.dropout;

import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.nn.DropoutLayer;
import panatorch.nn.Module;
import panatorch.nn.MaskSource;

/**
 * Multiplies each element by a draw of N(1, p/(1 − p)), which has dropout's mean and variance (Srivastava et al., 2014, JMLR 15, §10).
 * Keras' {@code GaussianDropout}. The identity in evaluation. Takes any shape.
 */
public final class GaussianDropout extends DropoutLayer {
    /**
     * Creates the layer.
     *
     * @param p probability of the dropout with the same variance, in [0, 1)
     */
    public GaussianDropout(double p) { super(p, false); }

    /**
     * Returns a source of the layer's noise.
     *
     * @param generator generator on the device of the inputs, which stays the caller's; null for the global one
     */
    public static MaskSource noise(@Nullable Generator generator) {
        return (like, shape, p) -> {
            if (p == 1) throw new IllegalArgumentException("with a drop probability of 1 the noise has no finite variance");
            try (var noGrad = NoGrad.enter()) {
                return like.newEmpty(shape).normal_(1, Math.sqrt(p / (1 - p)), generator);
            }
        };
    }

    @Override protected long[] maskShape(Tensor input) { return input.shape(); }

    @Override public MaskSource drawnFrom(@Nullable Generator generator) { return noise(generator); }

    @Override protected Module recreate() { return new GaussianDropout(p()); }

    @Override protected String describe() { return "p=" + p(); }
}
