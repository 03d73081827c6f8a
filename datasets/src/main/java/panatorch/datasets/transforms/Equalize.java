package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * Equalizes the histogram of every channel of every image, as Pillow does: all values become about equally frequent. {@code [N, C, H, W]},
 * uint8 or floating-point numbers in [0, 1], which become multiples of 1/255; the result has the same shape and dtype. Draws no random
 * numbers.
 */
public record Equalize() implements PixelTransform {
    @Override public Tensor apply(Tensor batch, Generator generator) {
        Images.numbers(batch);
        return Images.scoped(() -> Colors.equalize(batch));
    }
}
