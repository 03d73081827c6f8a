package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/** {@code 0.2989·red + 0.587·green + 0.114·blue} in all three channels: {@code [N, 3, H, W]}, uint8 or floating-point numbers, same out; one channel stays. Draws no random numbers. */
public record Grayscale() implements Transform {
    @Override public Tensor apply(Tensor batch, Generator generator) {
        Images.numbers(batch);
        return Images.scoped(() -> Colors.grey(batch));
    }
}
