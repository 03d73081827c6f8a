package panatorch.nn;

import java.util.function.UnaryOperator;

/**
 * 3-D convolution (cross-correlation): [N, Cin, D, H, W] → [N, Cout, D′, H′, W′], or without N. See {@link Convolution} for options and
 * parameters.
 */
public final class Conv3d extends Convolution {
    /**
     * Returns options with stride 1, no padding and a bias.
     *
     * @param kernel size of the kernel, one number for all dimensions or one for each
     */
    public static Options options(long in, long out, long... kernel) { return defaults(3, in, out, kernel); }

    public Conv3d(long in, long out, long kernel) { this(options(in, out, kernel)); }

    /** Creates a layer with changed options: {@code new Conv3d(1, 64, 5, o -> o.padding(2))}. */
    public Conv3d(long in, long out, long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(in, out, kernel)));
    }

    public Conv3d(Options options) { super(options, 3, false); }

    @Override protected Module recreate() { return new Conv3d(options); }
}
