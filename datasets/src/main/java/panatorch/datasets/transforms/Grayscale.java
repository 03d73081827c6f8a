package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * Makes all three channels {@code 0.2989·red + 0.587·green + 0.114·blue}: {@code [N, 3, H, W]}, uint8 or floating-point numbers; the result
 * has the same shape and dtype. One channel stays as it is. Draws no random numbers.
 */
public record Grayscale() implements PixelTransform {
    @Override public Tensor apply(Tensor batch, Generator generator) {
        Images.numbers(batch);
        return Images.scoped(() -> Colors.grey(batch));
    }
}
