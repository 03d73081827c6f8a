package panatorch.nn.dropout;

import java.util.Arrays;
import java.util.Locale;
import panatorch.Tensor;
import panatorch.nn.DropoutLayer;
import panatorch.nn.Module;

/**
 * Stochastic depth, also known as DropPath (Huang et al., 2016, arXiv:1603.09382). Drops a residual branch as a whole, for one row of the
 * batch or for all rows, and otherwise divides it by 1 − p. torchvision's {@code StochasticDepth}; in {@link Mode#ROW} also timm's
 * {@code DropPath}. Takes any shape [N, …].
 */
public final class StochasticDepth extends DropoutLayer {
    /** The unit that is dropped: the branch of the whole batch, or of each row by itself. */
    public enum Mode { BATCH, ROW }

    private final Mode mode;

    /**
     * Creates the layer.
     *
     * @param p probability of dropping, in [0, 1]
     */
    public StochasticDepth(double p, Mode mode) {
        super(p, false);
        this.mode = mode;
    }

    @Override protected long[] maskShape(Tensor input) {
        long[] shape = new long[(int) input.dim()];
        Arrays.fill(shape, 1);
        if (mode == Mode.ROW) shape[0] = input.size(0);
        return shape;
    }

    @Override public boolean isPerRow() { return mode == Mode.ROW; }

    @Override protected Module recreate() { return new StochasticDepth(p(), mode); }

    @Override protected String describe() { return "p=" + p() + ", mode=" + mode.name().toLowerCase(Locale.ROOT); }
}
