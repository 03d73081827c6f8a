package panatorch.nn;

import java.util.function.UnaryOperator;

/** {@link InstanceNorm} for inputs [N, C, D, H, W], or the same without N. */
public final class InstanceNorm3d extends InstanceNorm {
    /** Returns the defaults: ε 1e-5, momentum 0.1, no weight and bias, no running averages. */
    public static NormOptions options(long channels) {
        return new NormOptions(channels, 1e-5, 0.1, false, false, true);
    }

    public InstanceNorm3d(long channels) { this(options(channels)); }

    /** Creates a layer with changed options: {@code new InstanceNorm3d(64, o -> o.affine(true))}. */
    public InstanceNorm3d(long channels, UnaryOperator<NormOptions> change) {
        this(change.apply(options(channels)));
    }

    public InstanceNorm3d(NormOptions options) { super(options, 3); }

    @Override protected Module recreate() { return new InstanceNorm3d(options); }
}
