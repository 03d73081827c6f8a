package panatorch.nn;

/** {@link MaxUnpool}: [N, C, D′, H′, W′] → [N, C, D, H, W], or without N. */
public final class MaxUnpool3d extends MaxUnpool {
    /** Reverses a pooling of windows side by side. */
    public MaxUnpool3d(long... kernel) { this(kernel, kernel, new long[] {0}); }

    public MaxUnpool3d(long[] kernel, long[] stride, long[] padding) { super(3, kernel, stride, padding); }

    @Override protected Module recreate() { return new MaxUnpool3d(kernel, stride, padding); }
}
