package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/** Makes all values of every channel of every image equally frequent, as Pillow does. {@code [N, C, H, W]}, uint8 or floating-point numbers in [0, 1], which become multiples of 1/255; same out. Draws no random numbers. */
public record Equalize() implements Transform {
    @Override public Tensor apply(Tensor batch, Generator generator) {
        Images.numbers(batch);
        return Images.scoped(() -> Colors.equalize(batch));
    }
}
