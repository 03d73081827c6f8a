package panatorch.datasets.transforms;

import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/** Converts images to float32 {@code [N, C, H, W]}: uint8 is divided by 255, floating-point numbers stay. Draws no random numbers. */
public record ToFloat() implements PixelTransform {
    @Override public Tensor apply(Tensor batch, Generator generator) {
        Images.numbers(batch);
        return Images.scoped(() -> Images.bytes(batch) ? batch.to(DType.FLOAT32).div_(255) : batch.to(DType.FLOAT32));
    }
}
