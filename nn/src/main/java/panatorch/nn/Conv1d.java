package panatorch.nn;

/** Cross-correlation: [N, Cin, L] → [N, Cout, L′], or without N. See {@link Convolution} for options and parameters. */
public final class Conv1d extends Convolution {
    /** Stride 1, no padding, with bias. @param kernel its size */
    public static Options options(long in, long out, long... kernel) { return defaults(1, in, out, kernel); }

    public Conv1d(long in, long out, long kernel) { this(options(in, out, kernel)); }

    public Conv1d(Options options) { super(options, 1, false); }

    @Override protected Module recreate() { return new Conv1d(options); }
}
