package panatorch.nn;

import java.util.Arrays;
import panatorch.Tensor;

/** A source of given masks of zeros and ones, in turn. */
final class GivenMasks implements MaskSource {
    private final Tensor[] kept;
    private int next;

    GivenMasks(Tensor... kept) { this.kept = kept.clone(); }

    @Override public Tensor mask(Tensor like, long[] shape, double p) {
        if (next == kept.length)
            throw new IllegalStateException("mask " + (next + 1) + " is needed, but only " + kept.length + " were given");
        Tensor mask = kept[next];
        if (!broadcasts(mask.shape(), shape))
            throw new IllegalArgumentException(
                    "mask " + (next + 1) + " is " + mask.describe() + ", which does not broadcast to " + Arrays.toString(shape));
        next++;
        Tensor scaled = mask.to(like.device(), like.dtype());
        return p == 1 ? scaled.mul(0) : scaled.div(1 - p);
    }

    private static boolean broadcasts(long[] from, long[] to) {
        int skipped = to.length - from.length;
        if (skipped < 0) return false;
        for (int i = 0; i < from.length; i++) if (from[i] != 1 && from[i] != to[skipped + i]) return false;
        return true;
    }
}
