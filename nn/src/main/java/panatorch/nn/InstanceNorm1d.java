package panatorch.nn;

import java.util.function.UnaryOperator;

/** {@link InstanceNorm} for inputs [N, C, L], or the same without N. */
public final class InstanceNorm1d extends InstanceNorm {
    /** Returns the defaults: ε 1e-5, momentum 0.1, no weight and bias, no running averages. */
    public static NormOptions options(long channels) {
        return new NormOptions(channels, 1e-5, 0.1, false, false, true);
    }

    public InstanceNorm1d(long channels) { this(options(channels)); }

    /** Creates a layer with changed options: {@code new InstanceNorm1d(64, o -> o.affine(true))}. */
    public InstanceNorm1d(long channels, UnaryOperator<NormOptions> change) {
        this(change.apply(options(channels)));
    }

    public InstanceNorm1d(NormOptions options) { super(options, 1); }

    @Override protected Module recreate() { return new InstanceNorm1d(options); }
}
