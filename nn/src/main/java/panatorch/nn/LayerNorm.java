package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Layer normalisation (Ba et al., 2016, arXiv:1607.06450) over the last dimensions, which have the given sizes, by mean and biased
 * variance: any [*, sizes]. Parameters: {@code weight}, {@code bias} [sizes].
 */
public final class LayerNorm extends Module {
    private final long[] sizes;
    private final double eps;
    private final boolean affine, bias;

    public LayerNorm(long... sizes) { this(sizes, 1e-5, true, true); }

    /**
     * Creates the layer.
     *
     * @param eps number added to the variance
     * @param affine whether there is a weight
     * @param bias whether there is a bias beside it
     */
    public LayerNorm(long[] sizes, double eps, boolean affine, boolean bias) {
        this.sizes = sizes.clone();
        this.eps = eps;
        this.affine = affine;
        this.bias = bias;
        parameter("weight", affine ? Torch.ones(sizes) : null);
        parameter("bias", affine && bias ? Torch.zeros(sizes) : null);
    }

    @Override public Tensor forward(Tensor input) {
        return Aten.layerNorm(input, sizes, parameterOrNull("weight"), parameterOrNull("bias"), eps);
    }

    /** Returns the parameter {@code weight}, or null without {@code affine}. It stays the module's. */
    public @Nullable Tensor weight() {
        return parameterOrNull("weight");
    }

    /** Returns the parameter {@code bias}, or null if there is none. It stays the module's. */
    public @Nullable Tensor bias() {
        return parameterOrNull("bias");
    }

    @Override protected Module recreate() { return new LayerNorm(sizes, eps, affine, bias); }

    @Override protected String describe() {
        return Repr.tuple(sizes) + ", eps=" + Repr.of(eps) + ", elementwise_affine=" + Repr.of(affine) + ", bias="
                + Repr.of(parameterOrNull("bias") != null);
    }
}
