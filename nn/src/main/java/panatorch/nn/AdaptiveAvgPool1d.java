package panatorch.nn;

/** {@link AdaptiveAvgPool}: [N, C, L] → [N, C, L′], or without N. */
public final class AdaptiveAvgPool1d extends AdaptiveAvgPool {
    /** @param size length of the output; 0 keeps the input's */
    public AdaptiveAvgPool1d(long... size) { super(1, size); }

    @Override protected Module recreate() { return new AdaptiveAvgPool1d(size); }
}
