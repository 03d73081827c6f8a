package panatorch.datasets.transforms;

import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Crops a box of random size and place out of every image and resizes it to {@code height × width}: {@code [N, C, H, W]} →
 * {@code [N, C, height, width]}, uint8 or floating-point numbers. Bilinear with antialiasing, as torchvision's default. If none of ten
 * boxes fits, the largest central one of an allowed ratio is taken (Szegedy et al. 2015, arXiv:1409.4842).
 *
 * @param height height of the result in pixels
 * @param width width of the result in pixels
 * @param area share of the image that the box covers, within (0, 1]
 * @param ratio width to height of the box, above 0; its logarithm is uniform
 */
public record RandomResizedCrop(int height, int width, Range area, Range ratio) implements GeometricTransform {
    public RandomResizedCrop {
        Images.side(height, width);
        area.above(0, "a share of the area").within(0, 1, "a share of the area");
        ratio.above(0, "a ratio of sides");
    }

    /** Makes the usual crop for ImageNet: a square of {@code size} pixels from 8 to 100 % of the area, with ratios from 3:4 to 4:3. */
    public static RandomResizedCrop of(int size) {
        return new RandomResizedCrop(size, size, new Range(0.08, 1), new Range(3 / 4.0, 4 / 3.0));
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.numbers(batch);
        if (batch.numel() == 0) return batch.newEmpty(shape[0], shape[1], height, width);
        return GeometricTransform.super.apply(batch, generator);
    }

    @Override public Movement draw(long n, long h, long w, Generator generator) {
        Boxes boxes = boxes(n, h, w, generator);
        return new Movement(height, width, x -> Geometry.resample(x, boxes, height, width), masks -> {
            Tensor inside = masks.narrow(2, boxes.top().itemLong(), boxes.height().itemLong());
            return Nn.upsampleNearest2d(inside.narrow(3, boxes.left().itemLong(), boxes.width().itemLong()), new long[] {height, width});
        }, points -> {
            Tensor start = Aten.stack(List.of(boxes.left(), boxes.top()), 1), size = Aten.stack(List.of(boxes.width(), boxes.height()), 1);
            Tensor side = Torch.tensor(new double[] {width, height});
            return points.sub(start.to(points.device(), points.dtype())).mul(side.div(size).to(points.device(), points.dtype()));
        });
    }

    /** Draws the boxes of {@code n} images of {@code h × w} pixels. */
    Boxes boxes(long n, long h, long w, Generator generator) {
        Boxes drawn = Boxes.draw(n, h, w, h, w, area, ratio, generator);
        double aspect = Math.clamp((double) w / h, ratio.low(), ratio.high());
        long wide = Math.clamp(Math.round(h * aspect), 1, w), high = Math.clamp(Math.round(w / aspect), 1, h);
        Tensor found = drawn.found().to(DType.BOOL);
        return new Boxes(Aten.where(found, drawn.top(), (h - high) / 2), Aten.where(found, drawn.left(), (w - wide) / 2),
                Aten.where(found, drawn.height(), high), Aten.where(found, drawn.width(), wide), drawn.found());
    }
}
