package panatorch.nn;

/** {@link AdaptiveMaxPool}: [N, C, H, W] → [N, C, H′, W′], or without N. */
public final class AdaptiveMaxPool2d extends AdaptiveMaxPool {
    /** @param size the output's sizes, or one number for all; 0 keeps the input's */
    public AdaptiveMaxPool2d(long... size) {
        super(2, size);
    }

    @Override protected Module recreate() { return new AdaptiveMaxPool2d(size); }
}
