package panatorch.nn;

import org.jspecify.annotations.Nullable;

/** {@link LPPool}: [N, C, L] → [N, C, L′], or without N. */
public final class LPPool1d extends LPPool {
    /** Pools windows side by side. */
    public LPPool1d(double p, long... kernel) { this(p, kernel, null, false); }

    /**
     * Creates the pooling.
     *
     * @param stride distance between windows; null for windows side by side
     * @param ceilMode whether windows may extend beyond the far edges
     */
    public LPPool1d(double p, long[] kernel, long @Nullable [] stride, boolean ceilMode) { super(1, p, kernel, stride, ceilMode); }

    @Override protected Module recreate() { return new LPPool1d(p, kernel, stride, ceilMode); }
}
