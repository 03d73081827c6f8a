package panatorch.datasets.transforms;

import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/** Turns every image upside down with probability {@code p}, drawn for each image: {@code [N, C, H, W]}, any dtype. */
public record RandomVerticalFlip(double p) implements Transform {
    public RandomVerticalFlip {
        Images.probability(p);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.shape(batch)[0];
        return Images.scoped(() -> {
            Tensor flipped = Aten.rand(new long[] {n}, generator).lt(p).to(DType.INT64);
            // As in RandomHorizontalFlip: rows n … 2n−1 are the images upside down.
            return Aten.cat(List.of(batch, batch.flip(-2))).indexSelect(0, flipped.mul_(n).add_(Aten.arange(n)).to(batch.device()));
        });
    }
}
