package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Paints over a box of random size and place in every image with probability {@code p}: {@code [N, C, H, W]}, any dtype. If none of ten
 * boxes fits, the image stays as it is (Zhong et al. 2020, arXiv:1708.04896).
 *
 * @param p probability of painting, in [0, 1]
 * @param area share of the image that the box covers, within [0, 1]
 * @param ratio height to width of the box, above 0; its logarithm is uniform
 * @param value value of the painted pixels, in the unit of the images
 */
public record RandomErasing(double p, Range area, Range ratio, double value) implements PixelTransform {
    public RandomErasing {
        Images.probability(p);
        area.within(0, 1, "a share of the area");
        ratio.above(0, "a ratio of sides");
    }

    /** Makes the paper's transform, with zeros instead of its random pixels: 2 to 33 % of the area, 0.3 to 3.3 times as high as wide. */
    public static RandomErasing of(double p) {
        return new RandomErasing(p, new Range(0.02, 0.33), new Range(0.3, 3.3), 0);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.shape(batch);
        if (batch.numel() == 0) return batch;
        return Images.scoped(() -> {
            Range wide = new Range(1 / ratio.high(), 1 / ratio.low());
            Boxes boxes = Boxes.draw(shape[0], shape[2], shape[3], shape[2] - 1, shape[3] - 1, area, wide, generator);
            Tensor painted = boxes.found().mul(Aten.rand(new long[] {shape[0]}, generator).lt(p));
            Boxes kept = new Boxes(boxes.top(), boxes.left(), boxes.height().mul(painted), boxes.width(), painted);
            return batch.maskedFill(kept.mask(batch), value);
        });
    }
}
