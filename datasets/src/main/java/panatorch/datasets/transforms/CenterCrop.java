package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * Crops {@code height × width} pixels from the middle, with zeros around an image that is smaller: {@code [N, C, H, W]} →
 * {@code [N, C, height, width]}, any dtype. Draws no random numbers.
 */
public record CenterCrop(int height, int width) implements Transform {
    public CenterCrop {
        Images.side(height, width);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.shape(batch);
        long missingRows = Math.max(0, height - shape[2]), missingColumns = Math.max(0, width - shape[3]);
        long top = (long) Math.rint((shape[2] + missingRows - height) / 2.0),
                left = (long) Math.rint((shape[3] + missingColumns - width) / 2.0);
        return Images.scoped(() -> {
            Tensor x = missingRows + missingColumns == 0 ? batch : batch.constantPadNd(new long[] {
                missingColumns / 2, missingColumns - missingColumns / 2, missingRows / 2, missingRows - missingRows / 2});
            return x.narrow(2, top, height).narrow(3, left, width).contiguous();
        });
    }
}
