package panatorch.datasets.transforms;

import java.util.function.UnaryOperator;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Crops {@code height × width} pixels from the middle, with zeros around an image that is smaller: {@code [N, C, H, W]} →
 * {@code [N, C, height, width]}, any dtype. Draws no random numbers.
 */
public record CenterCrop(int height, int width) implements GeometricTransform {
    public CenterCrop {
        Images.side(height, width);
    }

    @Override public Movement draw(long n, long h, long w, Generator generator) {
        long missingRows = Math.max(0, height - h), missingColumns = Math.max(0, width - w);
        long top = (long) Math.rint((h + missingRows - height) / 2.0), left = (long) Math.rint((w + missingColumns - width) / 2.0);
        UnaryOperator<Tensor> images = batch -> {
            Tensor x = missingRows + missingColumns == 0 ? batch : batch.constantPadNd(new long[] {
                missingColumns / 2, missingColumns - missingColumns / 2, missingRows / 2, missingRows - missingRows / 2});
            return x.narrow(2, top, height).narrow(3, left, width).contiguous();
        };
        return new Movement(height, width, images, images, Images.shift(missingColumns / 2 - left, missingRows / 2 - top));
    }
}
