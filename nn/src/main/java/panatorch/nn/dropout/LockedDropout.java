package panatorch.nn.dropout;

import panatorch.Tensor;
import panatorch.nn.DropoutLayer;
import panatorch.nn.Module;

/**
 * Variational or locked dropout for sequences (Gal and Ghahramani 2016, arXiv:1512.05287): a sequence's mask is drawn once and is the same at all its
 * times. Inputs are [L, N, D], or with {@code batchFirst} [N, L, D]. Between the layers of a recurrent network only: what goes from
 * one time to the next inside libtorch's recurrent operators is out of its reach.
 */
public final class LockedDropout extends DropoutLayer {
    private final boolean batchFirst;

    /** [L, N, D]. */
    public LockedDropout(double p) { this(p, false); }

    /** @param p probability of dropping, in [0, 1]; @param batchFirst whether inputs are [N, L, D] */
    public LockedDropout(double p, boolean batchFirst) {
        super(p, false);
        this.batchFirst = batchFirst;
    }

    @Override protected long[] maskShape(Tensor input) {
        if (input.dim() != 3) throw new IllegalArgumentException("sequences have three dimensions, not " + input.describe());
        long[] shape = input.shape();
        shape[batchFirst ? 1 : 0] = 1;
        return shape;
    }

    @Override protected Module recreate() { return new LockedDropout(p(), batchFirst); }

    @Override protected String describe() { return "p=" + p() + (batchFirst ? ", batch_first=True" : ""); }
}
