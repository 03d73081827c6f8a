package panatorch.nn;

import panatorch.Tensor;

/** The transpose of {@link Conv3d}: [N, Cin, D, H, W] → [N, Cout, D′, H′, W′], or without N. See {@link Convolution} for options and parameters. */
public final class ConvTranspose3d extends Convolution {
    /** Stride 1, no padding, with bias. @param kernel one number for all dimensions, or one for each */
    public static Options options(long in, long out, long... kernel) { return defaults(3, in, out, kernel); }

    public ConvTranspose3d(long in, long out, long kernel) { this(options(in, out, kernel)); }

    public ConvTranspose3d(Options options) { super(options, 3, true); }

    /** The output of the given sizes, where several are possible: those of the input of a {@link Conv3d} that gave {@code input}. */
    public Tensor forward(Tensor input, long... outputSize) { return transposeTo(input, outputSize); }

    @Override protected Module recreate() { return new ConvTranspose3d(options); }
}
