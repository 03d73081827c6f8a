package panatorch.nn;

import org.jspecify.annotations.Nullable;

/** {@link LPPool}: [N, C, H, W] → [N, C, H′, W′], or without N. */
public final class LPPool2d extends LPPool {
    /** Pools windows side by side. */
    public LPPool2d(double p, long... kernel) { this(p, kernel, null, false); }

    /**
     * Creates the pooling.
     *
     * @param stride distance between windows; null for windows side by side
     * @param ceilMode whether windows may extend beyond the far edges
     */
    public LPPool2d(double p, long[] kernel, long @Nullable [] stride, boolean ceilMode) { super(2, p, kernel, stride, ceilMode); }

    @Override protected Module recreate() { return new LPPool2d(p, kernel, stride, ceilMode); }
}
