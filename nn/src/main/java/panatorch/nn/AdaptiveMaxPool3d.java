package panatorch.nn;

/** {@link AdaptiveMaxPool}: [N, C, D, H, W] → [N, C, D′, H′, W′], or without N. */
public final class AdaptiveMaxPool3d extends AdaptiveMaxPool {
    /** @param size the output's sizes, or one number for all; 0 keeps the input's */
    public AdaptiveMaxPool3d(long... size) {
        super(3, size);
    }

    @Override protected Module recreate() { return new AdaptiveMaxPool3d(size); }
}
