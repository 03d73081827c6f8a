package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/** Black for white: {@code 255 − x} of uint8, {@code 1 − x} of floating-point numbers, {@code [N, C, H, W]}. Draws no random numbers. */
public record Invert() implements Transform {
    @Override public Tensor apply(Tensor batch, Generator generator) {
        Images.numbers(batch);
        return Images.scoped(() -> Colors.invert(batch));
    }
}
