package panatorch.nn;

/** {@link AdaptiveAvgPool}: [N, C, D, H, W] → [N, C, D′, H′, W′], or without N. */
public final class AdaptiveAvgPool3d extends AdaptiveAvgPool {
    /** @param size the output's sizes, or one number for all; 0 keeps the input's */
    public AdaptiveAvgPool3d(long... size) {
        super(3, size);
    }

    @Override protected Module recreate() { return new AdaptiveAvgPool3d(size); }
}
