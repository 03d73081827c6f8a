package panatorch.datasets.transforms;

import java.util.stream.LongStream;
import panatorch.Generator;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Adds pixels around every image: {@code [N, C, H, W]} → {@code [N, C, top + H + bottom, left + W + right]}, any dtype. Draws no random
 * numbers.
 *
 * @param left pixels added on the left
 * @param top pixels added above
 * @param right pixels added on the right
 * @param bottom pixels added below
 * @param mode values of the added pixels
 * @param fill value of the added pixels for {@link Mode#CONSTANT}, in the unit of the images
 */
public record Pad(int left, int top, int right, int bottom, Mode mode, double fill) implements GeometricTransform {
    /** The values of added pixels, for a row {@code a b c d}. */
    public enum Mode {
        /** One value: {@code 0 0 a b c d 0 0}. */
        CONSTANT,
        /** The outermost pixel: {@code a a a b c d d d}. */
        EDGE,
        /** Mirrored at the outermost pixel: {@code c b a b c d c b}. */
        REFLECT,
        /** Mirrored at the edge: {@code b a a b c d d c}. */
        SYMMETRIC
    }

    public Pad {
        if (left < 0 || top < 0 || right < 0 || bottom < 0)
            throw new IllegalArgumentException("padding must not be negative, but is " + left + ", " + top + ", " + right + ", " + bottom);
    }

    /** Makes a border of {@code pixels} zeros on each side. */
    public Pad(int pixels) {
        this(pixels, pixels, pixels, pixels, Mode.CONSTANT, 0);
    }

    /** @throws IllegalArgumentException if a side is too short to be mirrored */
    @Override public Movement draw(long n, long height, long width, Generator generator) {
        return new Movement(top + height + bottom, left + width + right, this::padded, new Pad(left, top, right, bottom, mode, 0)::padded,
                Images.shift(left, top));
    }

    private Tensor padded(Tensor batch) {
        long[] shape = Images.shape(batch);
        if (mode == Mode.CONSTANT) return batch.constantPadNd(new long[] {left, right, top, bottom}, fill);
        return batch.indexSelect(2, Torch.tensor(places(shape[2], top, bottom)).to(batch.device())).indexSelect(3,
                Torch.tensor(places(shape[3], left, right)).to(batch.device()));
    }

    /** Returns the pixel that each pixel of the result shows, in one direction. */
    private long[] places(long side, int before, int after) {
        long longest = mode == Mode.EDGE ? side == 0 ? 0 : Long.MAX_VALUE : mode == Mode.REFLECT ? side - 1 : side;
        if (Math.max(before, after) > longest)
            throw new IllegalArgumentException(
                    "a side of " + side + " pixels cannot be padded by " + Math.max(before, after) + " with " + mode);
        return LongStream.range(-before, side + after).map(i -> switch (mode) {
            case REFLECT -> i < 0 ? -i : i < side ? i : 2 * side - 2 - i;
            case SYMMETRIC -> i < 0 ? -1 - i : i < side ? i : 2 * side - 1 - i;
            default -> Math.clamp(i, 0L, side - 1);
        }).toArray();
    }
}
