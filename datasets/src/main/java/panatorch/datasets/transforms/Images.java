package panatorch.datasets.transforms;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** Argument checks of transforms, and conversions between uint8 in [0, 255] and floating-point numbers in [0, 1]. */
final class Images {
    private Images() {}

    /** Returns the shape of {@code batch}, which must be {@code [N, C, H, W]}. */
    static long[] shape(Tensor batch) {
        long[] shape = batch.shape();
        if (shape.length != 4)
            throw new IllegalArgumentException(
                    "a batch of images must have the shape [N, C, H, W], but has " + Arrays.toString(shape));
        return shape;
    }

    /** Returns the shape of {@code batch}, whose dtype must be uint8 or floating point, as arithmetic on colours needs. */
    static long[] numbers(Tensor batch) {
        if (!bytes(batch) && !batch.dtype().isFloatingPoint())
            throw new IllegalArgumentException(
                    "images must be uint8 or floating-point numbers, but are " + batch.dtype());
        return shape(batch);
    }

    static boolean bytes(Tensor batch) { return batch.dtype() == DType.UINT8; }

    /** Returns the value of white: 255 for uint8, 1 for floating-point numbers. */
    static double white(Tensor batch) {
        return bytes(batch) ? 255 : 1;
    }

    /** Returns the batch itself if it is floating point, else as float32 in the same unit. */
    static Tensor floats(Tensor batch) {
        return bytes(batch) ? batch.to(DType.FLOAT32) : batch;
    }

    /** Clamps {@code x} to [black, white] and converts it to {@code batch}'s dtype, without fractions for uint8. Overwrites {@code x}. */
    static Tensor clamped(Tensor x, Tensor batch) {
        x.clamp_(0, white(batch));
        return bytes(batch) ? x.to(DType.UINT8) : x;
    }

    /** Reshapes one number per image, {@code [N]} on the CPU, to {@code [N, 1, 1, 1]} on {@code batch}'s device and in its float type. */
    static Tensor column(Tensor perImage, Tensor batch) {
        return perImage.to(bytes(batch) ? DType.FLOAT32 : batch.dtype()).view(-1, 1, 1, 1).to(batch.device());
    }

    /** Returns the result of {@code work} and frees everything else that it made. */
    static Tensor scoped(Supplier<Tensor> work) {
        try (var scope = Scope.open()) {
            return scope.move(work.get());
        }
    }

    /** Returns a drawn number. */
    static long drawn(Supplier<Tensor> draw) {
        try (var scope = Scope.open()) {
            return draw.get().to(DType.INT64).itemLong();
        }
    }

    /** Returns the movement of places to the right and down. */
    static UnaryOperator<Tensor> shift(double right, double down) {
        return points -> points.add(Torch.tensor(new double[] {right, down}).to(points.device(), points.dtype()));
    }

    static double probability(double p) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("a probability must lie between 0 and 1, but is " + p);
        return p;
    }

    static void side(int... pixels) {
        for (int p : pixels) if (p < 1) throw new IllegalArgumentException("a side must have at least 1 pixel, but has " + p);
    }
}
