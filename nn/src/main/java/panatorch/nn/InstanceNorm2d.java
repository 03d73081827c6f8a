package panatorch.nn;

import java.util.function.UnaryOperator;

/** {@link InstanceNorm} for inputs [N, C, H, W], or the same without N. */
public final class InstanceNorm2d extends InstanceNorm {
    /** Returns the defaults: ε 1e-5, momentum 0.1, no weight and bias, no running averages. */
    public static NormOptions options(long channels) {
        return new NormOptions(channels, 1e-5, 0.1, false, false, true);
    }

    public InstanceNorm2d(long channels) { this(options(channels)); }

    /** Creates a layer with changed options: {@code new InstanceNorm2d(64, o -> o.affine(true))}. */
    public InstanceNorm2d(long channels, UnaryOperator<NormOptions> change) {
        this(change.apply(options(channels)));
    }

    public InstanceNorm2d(NormOptions options) { super(options, 2); }

    @Override protected Module recreate() { return new InstanceNorm2d(options); }
}
