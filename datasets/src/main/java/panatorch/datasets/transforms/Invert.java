package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * Inverts all values: {@code 255 − x} for uint8, {@code 1 − x} for floating-point numbers, {@code [N, C, H, W]}. Draws no random numbers.
 */
public record Invert() implements PixelTransform {
    @Override public Tensor apply(Tensor batch, Generator generator) {
        Images.numbers(batch);
        return Images.scoped(() -> Colors.invert(batch));
    }
}
