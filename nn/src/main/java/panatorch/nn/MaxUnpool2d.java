package panatorch.nn;

/** {@link MaxUnpool}: [N, C, H′, W′] → [N, C, H, W], or without N. */
public final class MaxUnpool2d extends MaxUnpool {
    /** Reverses a pooling of windows side by side. */
    public MaxUnpool2d(long... kernel) { this(kernel, kernel, new long[] {0}); }

    public MaxUnpool2d(long[] kernel, long[] stride, long[] padding) { super(2, kernel, stride, padding); }

    @Override protected Module recreate() { return new MaxUnpool2d(kernel, stride, padding); }
}
