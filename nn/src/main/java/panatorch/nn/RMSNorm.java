package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * RMS normalisation (Zhang and Sennrich 2019, arXiv:1910.07467): divides by the root of the mean square over the last dimensions, which
 * have the given sizes: any [*, sizes]. Parameter: {@code weight} [sizes].
 */
public final class RMSNorm extends Module {
    private final long[] sizes;
    private final @Nullable Double eps;
    private final boolean affine;

    public RMSNorm(long... sizes) { this(sizes, null, true); }

    /**
     * Creates the layer.
     *
     * @param eps number added to the mean square; null for the machine epsilon of the input's type
     * @param affine whether there is a weight
     */
    public RMSNorm(long[] sizes, @Nullable Double eps, boolean affine) {
        this.sizes = sizes.clone();
        this.eps = eps;
        this.affine = affine;
        parameter("weight", affine ? Torch.ones(sizes) : null);
    }

    @Override public Tensor forward(Tensor input) { return Aten.rmsNorm(input, sizes, parameterOrNull("weight"), eps); }

    @Override protected Module recreate() { return new RMSNorm(sizes, eps, affine); }

    @Override protected String describe() {
        return Repr.tuple(sizes) + ", eps=" + Repr.of((Object) eps) + ", elementwise_affine=" + Repr.of(affine);
    }
}
