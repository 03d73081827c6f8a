package panatorch.nn;

import panatorch.Tensor;

/** {@link Dropout} of whole channels of [N, C, H, W] (Tompson et al., 2014, arXiv:1411.4280). */
public final class Dropout2d extends DropoutLayer {
    public Dropout2d() { this(0.5, false); }

    public Dropout2d(double p) { this(p, false); }

    /**
     * Creates the layer.
     *
     * @param p probability of dropping, in [0, 1]
     * @param inplace whether to overwrite the input
     */
    public Dropout2d(double p, boolean inplace) { super(p, inplace); }

    @Override protected Tensor withoutSource(Tensor input) { return featureDropout(input, true); }

    @Override protected long[] maskShape(Tensor input) { return channels(input, true); }

    @Override protected Module recreate() { return new Dropout2d(p(), inplace()); }
}
