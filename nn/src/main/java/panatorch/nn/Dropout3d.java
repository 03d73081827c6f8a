package panatorch.nn;

import panatorch.Tensor;

/** {@link Dropout} of whole channels of [N, C, D, H, W], or the same without N (Tompson et al., 2014, arXiv:1411.4280). */
public final class Dropout3d extends DropoutLayer {
    public Dropout3d() { this(0.5, false); }

    public Dropout3d(double p) { this(p, false); }

    /**
     * Creates the layer.
     *
     * @param p probability of dropping, in [0, 1]
     * @param inplace whether to overwrite the input
     */
    public Dropout3d(double p, boolean inplace) { super(p, inplace); }

    @Override protected Tensor withoutSource(Tensor input) { return featureDropout(input, input.dim() != 4); }

    @Override protected long[] maskShape(Tensor input) { return channels(input, input.dim() != 4); }

    @Override protected Module recreate() { return new Dropout3d(p(), inplace()); }
}
