package panatorch.datasets.transforms;

import java.util.Arrays;
import java.util.function.Supplier;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;

/** What the transforms ask of a batch, and the numbers that stand for black and white in it. */
final class Images {
    private Images() {}

    /** The shape of {@code batch}, which must be {@code [N, C, H, W]}. */
    static long[] shape(Tensor batch) {
        long[] shape = batch.shape();
        if (shape.length != 4) throw new IllegalArgumentException("a batch of images has the shape [N, C, H, W], not " + Arrays.toString(shape));
        return shape;
    }

    /** The shape of {@code batch}, whose numbers must be uint8 or floating point: what arithmetic on colours asks for. */
    static long[] numbers(Tensor batch) {
        if (!bytes(batch) && !batch.dtype().isFloatingPoint()) throw new IllegalArgumentException("images are uint8 or floating-point numbers, not " + batch.dtype());
        return shape(batch);
    }

    static boolean bytes(Tensor batch) { return batch.dtype() == DType.UINT8; }

    /** White: 255 of uint8, 1 of floating-point numbers. */
    static double white(Tensor batch) { return bytes(batch) ? 255 : 1; }

    /** The batch itself if it counts in floating-point numbers, else in float32, in the same unit. */
    static Tensor floats(Tensor batch) { return bytes(batch) ? batch.to(DType.FLOAT32) : batch; }

    /** {@code x} as numbers of {@code batch}'s dtype, what lies beyond black and white cut off, fractions too if it counts in bytes. Overwrites {@code x}. */
    static Tensor clamped(Tensor x, Tensor batch) {
        x.clamp_(0, white(batch));
        return bytes(batch) ? x.to(DType.UINT8) : x;
    }

    /** One number an image, {@code [N]} on the CPU, as {@code [N, 1, 1, 1]} beside {@code batch} and of its floating-point type. */
    static Tensor column(Tensor perImage, Tensor batch) {
        return perImage.to(bytes(batch) ? DType.FLOAT32 : batch.dtype()).view(-1, 1, 1, 1).to(batch.device());
    }

    /** The result of {@code work}; everything else it makes is freed. */
    static Tensor scoped(Supplier<Tensor> work) {
        try (var scope = Scope.open()) {
            return scope.move(work.get());
        }
    }

    static double probability(double p) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("a probability lies between 0 and 1, not at " + p);
        return p;
    }

    static void side(int... pixels) {
        for (int p : pixels) if (p < 1) throw new IllegalArgumentException("an image has at least one pixel a side, not " + p);
    }
}
