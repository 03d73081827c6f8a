package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * Stretches every channel of every image from black to white, as Pillow does; a channel of one value stays. {@code [N, C, H, W]}, uint8 or
 * floating-point numbers in [0, 1]; the result has the same shape and dtype. Draws no random numbers.
 */
public record AutoContrast() implements PixelTransform {
    @Override public Tensor apply(Tensor batch, Generator generator) {
        Images.numbers(batch);
        return Images.scoped(() -> Colors.autoContrast(batch));
    }
}
