package panatorch.datasets.transforms;

import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Computes {@code (x − mean) / max(std, 1/√(C·H·W))} with mean and standard deviation of each image over all its values, as float32
 * {@code [N, C, H, W]}: TensorFlow's {@code per_image_standardization}. As there, uint8 values are taken from 0 to 255; the unit matters
 * only for an image of nearly one colour. Draws no random numbers.
 */
public record Standardize() implements PixelTransform {
    @Override public Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.numbers(batch);
        if (batch.numel() == 0) return batch.to(DType.FLOAT32);
        return Images.scoped(() -> {
            long[] image = {1, 2, 3};
            Tensor x = batch.to(DType.FLOAT32);
            Tensor centred = x.sub(x.mean(image, true));
            Tensor deviation = centred.square().mean(image, true).sqrt_().clampMin_(1 / Math.sqrt(shape[1] * shape[2] * shape[3]));
            return centred.div_(deviation);
        });
    }
}
