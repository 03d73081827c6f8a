package panatorch.nn.dropout.multisample;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.MaskSource;

/**
 * Dropout masks drawn from 16 random bits an element, for CPUs. libtorch spends more time on a dropout mask than on the linear layer after
 * it; these masks cost a fraction of that, which matters where a head draws M of them. The keep probability is rounded to a multiple of
 * 1/65536, and the scale with it, so that a mask's mean is exactly 1. The numbers differ from Python's with the same seed. On a GPU there
 * is nothing to gain: dropout is one kernel there.
 *
 * <pre>{@code
 * var dropout = new Dropout(0.5);
 * dropout.setMasks(FastMasks.global());
 * var method = new MultiSampleDropout(MultiSampleDropout.options(64).dropout(dropout), head);
 * }</pre>
 */
public final class FastMasks {
    private static final int VALUES = 1 << Short.SIZE;

    private FastMasks() {}

    /** Draws from the global generator of each tensor's device. */
    public static MaskSource global() {
        return (like, shape, p) -> draw(like, shape, p, null);
    }

    /** Draws from {@code generator}, which stays the caller's and has to be on the device of the inputs. */
    public static MaskSource of(Generator generator) {
        return (like, shape, p) -> draw(like, shape, p, generator);
    }

    private static Tensor draw(Tensor like, long[] shape, double p, @Nullable Generator generator) {
        long kept = Math.min(VALUES - 1, Math.round((1 - p) * VALUES)), n = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            if (kept == 0) return scope.move(like.newZeros(shape));
            // 4 masks an int64
            Tensor bits = like.newEmpty(new long[] {(n + 3) / 4}, DType.INT64).random_(Long.MIN_VALUE, null, generator).view(DType.INT16);
            Tensor mask = bits.narrow(0, 0, n).lt(kept + Short.MIN_VALUE).to(like.dtype()).mul_((double) VALUES / kept);
            return scope.move(mask.view(shape));
        }
    }
}
