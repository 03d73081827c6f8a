package panatorch.datasets.transforms;

import java.util.Arrays;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Applies a transform to every image with probability {@code p}, drawn for each image: {@code new RandomApply(0.2, new Invert())}. The
 * transform must keep size and dtype, since only some images undergo it; otherwise it is an {@link IllegalArgumentException}.
 */
public record RandomApply(double p, Transform transform) implements Transform {
    public RandomApply {
        Images.probability(p);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.shape(batch)[0];
        return Images.scoped(() -> {
            Tensor chosen = Aten.rand(new long[] {n}, generator).lt(p).to(DType.INT64);
            return Groups.apply(batch, chosen, 2,
                    (changed, images, rows) -> changed == 0 ? images : alike(transform.apply(images, generator), images));
        });
    }

    @Override public Annotated apply(Annotated sample, Generator generator) {
        return Images.drawn(() -> Aten.rand(new long[] {1}, generator).lt(p)) == 0 ? sample : transform.apply(sample, generator);
    }

    /** Refuses a result of another size or dtype, even if all images of this batch have it. */
    private Tensor alike(Tensor result, Tensor images) {
        if (result.dtype() == images.dtype() && Arrays.equals(result.shape(), images.shape())) return result;
        throw new IllegalArgumentException(transform + " made " + result.dtype() + Arrays.toString(result.shape()) + " of " + images.dtype()
                + Arrays.toString(images.shape()) + "; a transform that only some images undergo must keep size and dtype");
    }
}
