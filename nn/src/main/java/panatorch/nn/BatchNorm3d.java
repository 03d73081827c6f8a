package panatorch.nn;

import java.util.function.UnaryOperator;

/** {@link BatchNorm} for inputs [N, C, D, H, W]. */
public final class BatchNorm3d extends BatchNorm {
    /** Returns the defaults: ε 1e-5, momentum 0.1, weight and bias, running averages. */
    public static NormOptions options(long channels) {
        return new NormOptions(channels, 1e-5, 0.1, true, true, true);
    }

    public BatchNorm3d(long channels) { this(options(channels)); }

    /** Creates a layer with changed options: {@code new BatchNorm3d(64, o -> o.momentum(0.01))}. */
    public BatchNorm3d(long channels, UnaryOperator<NormOptions> change) {
        this(change.apply(options(channels)));
    }

    public BatchNorm3d(NormOptions options) { super(options); }

    @Override boolean takes(long dims) { return dims == 5; }

    @Override String shapes() { return "[N, C, D, H, W]"; }

    @Override protected Module recreate() { return new BatchNorm3d(options); }
}
