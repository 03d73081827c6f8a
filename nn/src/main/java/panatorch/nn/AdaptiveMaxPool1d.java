package panatorch.nn;

/** {@link AdaptiveMaxPool}: [N, C, L] → [N, C, L′], or without N. */
public final class AdaptiveMaxPool1d extends AdaptiveMaxPool {
    /** @param size length of the output; 0 keeps the input's */
    public AdaptiveMaxPool1d(long... size) { super(1, size); }

    @Override protected Module recreate() { return new AdaptiveMaxPool1d(size); }
}
