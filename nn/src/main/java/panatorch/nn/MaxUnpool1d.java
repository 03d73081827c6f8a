package panatorch.nn;

/** {@link MaxUnpool}: [N, C, L′] → [N, C, L], or without N. */
public final class MaxUnpool1d extends MaxUnpool {
    /** Reverses a pooling of windows side by side. */
    public MaxUnpool1d(long... kernel) { this(kernel, kernel, new long[] {0}); }

    public MaxUnpool1d(long[] kernel, long[] stride, long[] padding) { super(1, kernel, stride, padding); }

    @Override protected Module recreate() { return new MaxUnpool1d(kernel, stride, padding); }
}
