package panatorch.nn;

import java.util.function.UnaryOperator;

/**
 * 1-D convolution (cross-correlation): [N, Cin, L] → [N, Cout, L′], or without N. See {@link Convolution} for options and parameters.
 */
public final class Conv1d extends Convolution {
    /**
     * Returns options with stride 1, no padding and a bias.
     *
     * @param kernel size of the kernel
     */
    public static Options options(long in, long out, long... kernel) { return defaults(1, in, out, kernel); }

    public Conv1d(long in, long out, long kernel) { this(options(in, out, kernel)); }

    /** Creates a layer with changed options: {@code new Conv1d(1, 64, 5, o -> o.padding(2))}. */
    public Conv1d(long in, long out, long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(in, out, kernel)));
    }

    public Conv1d(Options options) { super(options, 1, false); }

    @Override protected Module recreate() { return new Conv1d(options); }
}
