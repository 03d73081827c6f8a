package panatorch.datasets.transforms;

import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;

/** Mirrors every image left to right with probability {@code p}, drawn for each image: {@code [N, C, H, W]}, any dtype. */
public record RandomHorizontalFlip(double p) implements Transform {
    public RandomHorizontalFlip {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("a probability must lie between 0 and 1, but is " + p);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.shape(batch)[0];
        try (var scope = Scope.open()) {
            Tensor flipped = Aten.rand(new long[] {n}, generator).lt(p).to(DType.INT64);
            // Rows n … 2n−1 are the mirrored images. Copying rows is four times as fast as where(), which is not vectorised for bytes.
            Tensor row = flipped.mul_(n).add_(Aten.arange(n));
            return scope.move(Aten.cat(List.of(batch, batch.flip(-1))).indexSelect(0, row.to(batch.device())));
        }
    }
}
