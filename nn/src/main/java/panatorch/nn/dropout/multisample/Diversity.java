package panatorch.nn.dropout.multisample;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Nn;
import panatorch.Tensor;

/**
 * Differences between samples besides their masks, for heads that take maps [N, C, H, W]: mirroring and padding (Inoue 2019; padding: US
 * patent 11,630,988, claim 5). In training every second sample sees the maps mirrored, or padded on the other side by the zeros that the
 * last pooling window lacks: a width of 7 and windows of 2 make 8 columns and 4 windows. With both, bit 0 of the sample's index selects the
 * mirror and bit 1 the side; with one alone, bit 0 does. If the number of samples is odd, the larger half is plain, which means not
 * mirrored and padded on the right. In evaluation nothing is mirrored and the right is padded.
 *
 * <p>
 * Rows are not padded. An incomplete last row of windows is left out, as in pooling generally; the sources do not say what the method does
 * with it.
 *
 * @param mirrored whether maps are mirrored, left to right
 * @param pool pooling of the maps after the padding; null for none
 * @param window side and stride of the pooling window
 */
public record Diversity(boolean mirrored, @Nullable Pool pool, int window) {
    /** The pooling of a window. */
    public enum Pool { MAX, MEAN }

    /** No difference but the masks. */
    public static final Diversity NONE = new Diversity(false, null, 1);

    /**
     * Checks the window.
     *
     * @throws IllegalArgumentException if a pool's window is below 2
     */
    public Diversity {
        if (pool != null && window < 2) throw new IllegalArgumentException("the pooling window has to be at least 2 wide, not " + window);
    }

    /** Adds mirrored maps. A head in which only a global pool sees the mirror is refused when it is used. */
    public Diversity withFlip() {
        return new Diversity(true, pool, window);
    }

    /** Adds padded and pooled maps. Widths that are multiples of the window are refused when they are seen. */
    public Diversity withPadding(Pool pool, int window) {
        return new Diversity(mirrored, pool, window);
    }

    boolean isNone() { return !mirrored && pool == null; }

    /** Returns the variants of the features, [N, …] → [V, N, …] with V = 1, 2 or 4. Sample m sees variant m mod V. */
    Tensor variants(Tensor features) {
        if (isNone()) return features.unsqueeze(0);
        check(features);
        Tensor maps = mirrored ? Aten.stack(features, features.flip(3)) : features.unsqueeze(0);
        return pool == null ? maps : Aten.cat(pooled(maps, false), pooled(maps, true));
    }

    /** Returns the features as the head sees them in evaluation. */
    Tensor plain(Tensor features) {
        if (pool == null) return features;
        check(features);
        return pooled(features.unsqueeze(0), false).squeeze(0);
    }

    private void check(Tensor features) {
        if (features.dim() != 4)
            throw new IllegalArgumentException("mirroring and padding need maps [N, C, H, W], not " + features.describe());
        if (pool != null && features.size(3) % window == 0)
            throw new IllegalArgumentException("maps of width " + features.size(3) + " need no padding for windows of " + window
                    + "; leave out withPadding");
    }

    /** Pads and pools the maps: [V, N, C, H, W] → [V, N, C, H′, W′]. */
    private Tensor pooled(Tensor maps, boolean left) {
        long missing = window - maps.size(4) % window;
        Tensor padded = maps.flatten(0, 1).constantPadNd(left ? new long[] {missing, 0} : new long[] {0, missing});
        long[] size = {window, window}, none = {0, 0};
        Tensor pooled = pool == Pool.MAX ? Aten.maxPool2d(padded, size, size, none, new long[] {1, 1}, false)
                : Nn.avgPool2d(padded, size, size, none, false, true, null);
        return pooled.unflatten(0, new long[] {maps.size(0), maps.size(1)});
    }
}
