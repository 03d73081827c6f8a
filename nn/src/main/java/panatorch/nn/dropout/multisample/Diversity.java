package panatorch.nn.dropout.multisample;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Nn;
import panatorch.Tensor;

/**
 * What makes samples differ beside their masks, where a head takes maps [N, C, H, W] (Inoue 2019; padding: US patent 11,630,988, claim 5). In
 * training every second sample sees the maps mirrored, or padded on the other side by the zeros that a ragged pooling window lacks: a width of 7 and
 * windows of 2 make 8 columns and 4 windows. With both, bit 0 of the sample's index is the mirror and bit 1 the side; one alone is bit 0. Of an odd number of
 * samples the larger half is plain, which means not mirrored and padded on the right. In evaluation nothing is mirrored and the right is padded.
 *
 * <p>Not done: rows. A ragged last row of windows is left out, as by pooling in general; the sources do not say what the method does with it.
 *
 * @param mirrored whether maps are mirrored, left to right
 * @param pool what is done to the maps after the padding; null for no pooling
 * @param window of the pool, and its stride, in both directions
 */
public record Diversity(boolean mirrored, @Nullable Pool pool, int window) {
    /** What becomes of a window. */
    public enum Pool { MAX, MEAN }

    /** Samples differ by their masks alone. */
    public static final Diversity NONE = new Diversity(false, null, 1);

    /** @throws IllegalArgumentException if a pool's window is below 2 */
    public Diversity {
        if (pool != null && window < 2) throw new IllegalArgumentException("windows that may be ragged are at least 2 wide, not " + window);
    }

    /** Mirrored maps beside what there is; a head in which only a global pool sees them is refused when it is used. */
    public Diversity withFlip() { return new Diversity(true, pool, window); }

    /** Padded and pooled maps beside what there is; widths that are multiples of the window are refused when they are seen. */
    public Diversity withPadding(Pool pool, int window) { return new Diversity(mirrored, pool, window); }

    boolean isNone() { return !mirrored && pool == null; }

    /** [N, …] → [V, N, …], V being 1, 2 or 4; sample m sees variant m mod V. */
    Tensor variants(Tensor features) {
        if (isNone()) return features.unsqueeze(0);
        check(features);
        Tensor maps = mirrored ? Aten.stack(features, features.flip(3)) : features.unsqueeze(0);
        return pool == null ? maps : Aten.cat(pooled(maps, false), pooled(maps, true));
    }

    /** What an evaluation's head sees of the features. */
    Tensor plain(Tensor features) {
        if (pool == null) return features;
        check(features);
        return pooled(features.unsqueeze(0), false).squeeze(0);
    }

    private void check(Tensor features) {
        if (features.dim() != 4) throw new IllegalArgumentException("what is mirrored or padded is maps [N, C, H, W], not " + features.describe());
        if (pool != null && features.size(3) % window == 0)
            throw new IllegalArgumentException("maps " + features.size(3) + " wide have no ragged window of " + window + ": there is nothing to pad");
    }

    /** [V, N, C, H, W] → [V, N, C, H′, W′] */
    private Tensor pooled(Tensor maps, boolean left) {
        long missing = window - maps.size(4) % window;
        Tensor padded = maps.flatten(0, 1).constantPadNd(left ? new long[] {missing, 0} : new long[] {0, missing});
        long[] size = {window, window}, none = {0, 0};
        Tensor pooled = pool == Pool.MAX ? Aten.maxPool2d(padded, size, size, none, new long[] {1, 1}, false) : Nn.avgPool2d(padded, size, size, none, false, true, null);
        return pooled.unflatten(0, new long[] {maps.size(0), maps.size(1)});
    }
}
