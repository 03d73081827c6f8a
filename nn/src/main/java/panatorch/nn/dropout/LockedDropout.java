package panatorch.nn.dropout;

import panatorch.Tensor;
import panatorch.nn.DropoutLayer;
import panatorch.nn.Module;

/**
 * Variational or locked dropout for sequences (Gal and Ghahramani 2016, arXiv:1512.05287): one mask for each sequence, the same at all its
 * times. Inputs are [L, N, D], or [N, L, D] with {@code batchFirst}.
 *
 * <p>
 * Use it between the layers of a recurrent network. It cannot reach what passes from one time to the next inside libtorch's recurrent
 * operators.
 */
public final class LockedDropout extends DropoutLayer {
    private final boolean batchFirst;

    /** Creates a layer for inputs [L, N, D]. */
    public LockedDropout(double p) { this(p, false); }

    /**
     * Creates a layer.
     *
     * @param p probability of dropping, in [0, 1]
     * @param batchFirst whether inputs are [N, L, D] instead of [L, N, D]
     */
    public LockedDropout(double p, boolean batchFirst) {
        super(p, false);
        this.batchFirst = batchFirst;
    }

    @Override protected long[] maskShape(Tensor input) {
        if (input.dim() != 3)
            throw new IllegalArgumentException("LockedDropout takes sequences of three dimensions, not " + input.describe());
        long[] shape = input.shape();
        shape[batchFirst ? 1 : 0] = 1;
        return shape;
    }

    @Override protected Module recreate() { return new LockedDropout(p(), batchFirst); }

    @Override protected String describe() { return "p=" + p() + (batchFirst ? ", batch_first=True" : ""); }
}
