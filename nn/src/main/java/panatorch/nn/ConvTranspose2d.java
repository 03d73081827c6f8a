package panatorch.nn;

import panatorch.Tensor;

/** The transpose of {@link Conv2d}: [N, Cin, H, W] → [N, Cout, H′, W′], or without N. See {@link Convolution} for options and parameters. */
public final class ConvTranspose2d extends Convolution {
    /** Stride 1, no padding, with bias. @param kernel one number for all dimensions, or one for each */
    public static Options options(long in, long out, long... kernel) { return defaults(2, in, out, kernel); }

    public ConvTranspose2d(long in, long out, long kernel) { this(options(in, out, kernel)); }

    public ConvTranspose2d(Options options) { super(options, 2, true); }

    /** The output of the given sizes, where several are possible: those of the input of a {@link Conv2d} that gave {@code input}. */
    public Tensor forward(Tensor input, long... outputSize) { return transposeTo(input, outputSize); }

    @Override protected Module recreate() { return new ConvTranspose2d(options); }
}
