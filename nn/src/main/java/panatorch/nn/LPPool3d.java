package panatorch.nn;

import org.jspecify.annotations.Nullable;

/** {@link LPPool}: [N, C, D, H, W] → [N, C, D′, H′, W′], or without N. */
public final class LPPool3d extends LPPool {
    /** Pools windows side by side. */
    public LPPool3d(double p, long... kernel) { this(p, kernel, null, false); }

    /**
     * Creates the pooling.
     *
     * @param stride distance between windows; null for windows side by side
     * @param ceilMode whether windows may extend beyond the far edges
     */
    public LPPool3d(double p, long[] kernel, long @Nullable [] stride, boolean ceilMode) { super(3, p, kernel, stride, ceilMode); }

    @Override protected Module recreate() { return new LPPool3d(p, kernel, stride, ceilMode); }
}
