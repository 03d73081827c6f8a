package panatorch.nn;

import java.util.function.UnaryOperator;

/**
 * 2-D convolution (cross-correlation): [N, Cin, H, W] → [N, Cout, H′, W′], or without N. See {@link Convolution} for options and
 * parameters.
 */
public final class Conv2d extends Convolution {
    /**
     * Returns options with stride 1, no padding and a bias.
     *
     * @param kernel size of the kernel, one number for all dimensions or one for each
     */
    public static Options options(long in, long out, long... kernel) { return defaults(2, in, out, kernel); }

    public Conv2d(long in, long out, long kernel) { this(options(in, out, kernel)); }

    /** Creates a layer with changed options: {@code new Conv2d(1, 64, 5, o -> o.padding(2))}. */
    public Conv2d(long in, long out, long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(in, out, kernel)));
    }

    public Conv2d(Options options) { super(options, 2, false); }

    @Override protected Module recreate() { return new Conv2d(options); }
}
