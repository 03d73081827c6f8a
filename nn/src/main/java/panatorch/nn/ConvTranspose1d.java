package panatorch.nn;

import java.util.function.UnaryOperator;
import panatorch.Tensor;

/** The transpose of {@link Conv1d}: [N, Cin, L] → [N, Cout, L′], or without N. See {@link Convolution} for options and parameters. */
public final class ConvTranspose1d extends Convolution {
    /**
     * Returns options with stride 1, no padding and a bias.
     *
     * @param kernel size of the kernel
     */
    public static Options options(long in, long out, long... kernel) { return defaults(1, in, out, kernel); }

    public ConvTranspose1d(long in, long out, long kernel) { this(options(in, out, kernel)); }

    /** Creates a layer with changed options: {@code new ConvTranspose1d(64, 1, 4, o -> o.stride(2))}. */
    public ConvTranspose1d(long in, long out, long kernel, UnaryOperator<Options> change) {
        this(change.apply(options(in, out, kernel)));
    }

    public ConvTranspose1d(Options options) { super(options, 1, true); }

    /**
     * Returns the output of given size, if several are possible: the size of the input from which a {@link Conv1d} made {@code input}.
     */
    public Tensor forward(Tensor input, long... outputSize) { return transposeTo(input, outputSize); }

    @Override protected Module recreate() { return new ConvTranspose1d(options); }
}
