package panatorch.nn;

import java.util.function.UnaryOperator;
import panatorch.Tensor;

/**
 * The transpose of {@link Conv2d}: [N, Cin, H, W] → [N, Cout, H′, W′], or without N. See {@link Convolution} for options and parameters.
 */
public final class ConvTranspose2d extends Convolution {
    /**
     * Returns options with stride 1, no padding and a bias.
     *
     * @param kernel size of the kernel, one number for all dimensions or one for each
     */
    public static Options options(long in, long out, long... kernel) { return defaults(2, in, out, kernel); }

    public ConvTranspose2d(long in, long out, long kernel) { this(options(in, out, kernel)); }

    /** Creates a layer with changed options: {@code new ConvTranspose2d(64, 1, 4, o -> o.stride(2))}. */
    public ConvTranspose2d(long in, long out, long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(in, out, kernel)));
    }

    public ConvTranspose2d(Options options) { super(options, 2, true); }

    /**
     * Returns the output of given sizes, if several are possible: the sizes of the input from which a {@link Conv2d} made {@code input}.
     */
    public Tensor forward(Tensor input, long... outputSize) { return transposeTo(input, outputSize); }

    @Override protected Module recreate() { return new ConvTranspose2d(options); }
}
