package panatorch.nn;

/** {@link AdaptiveAvgPool}: [N, C, H, W] → [N, C, H′, W′], or without N. */
public final class AdaptiveAvgPool2d extends AdaptiveAvgPool {
    /** @param size the output's sizes, or one number for all; 0 keeps the input's */
    public AdaptiveAvgPool2d(long... size) {
        super(2, size);
    }

    @Override protected Module recreate() { return new AdaptiveAvgPool2d(size); }
}
