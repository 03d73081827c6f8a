package panatorch.datasets.transforms;

import java.util.List;
import java.util.function.UnaryOperator;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/** Mirrors every image left to right with probability {@code p}, drawn for each image: {@code [N, C, H, W]}, any dtype. */
public record RandomHorizontalFlip(double p) implements GeometricTransform {
    public RandomHorizontalFlip {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("a probability must lie between 0 and 1, but is " + p);
    }

    @Override public Movement draw(long n, long height, long width, Generator generator) {
        return mirror(n, height, width, p, true, generator);
    }

    /** Draws which images are mirrored, left to right or upside down. */
    static Movement mirror(long n, long height, long width, double p, boolean sideways, Generator generator) {
        Tensor flipped = Aten.rand(new long[] {n}, generator).lt(p).to(DType.INT64);
        // Rows n … 2n−1 are the mirrored images. Copying rows is four times as fast as where(), which is not vectorised for bytes.
        Tensor row = flipped.mul(n).add_(Aten.arange(n));
        UnaryOperator<Tensor> images = x -> Aten.cat(List.of(x, x.flip(sideways ? -1 : -2))).indexSelect(0, row.to(x.device()));
        return new Movement(height, width, images, images, points -> {
            Tensor moved = points.clone(), along = moved.select(1, sideways ? 0 : 1);
            if (flipped.itemLong() == 1) along.neg_().add_(sideways ? width : height);
            return moved;
        });
    }
}
