package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Resizes to {@code height × width}, bilinear with antialiasing: {@code [N, C, H, W]} → {@code [N, C, height, width]}, uint8 (rounded) or
 * floating-point numbers. Draws no random numbers.
 */
public record Resize(int height, int width) implements Transform {
    public Resize {
        Images.side(height, width);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.numbers(batch);
        if (shape[2] == height && shape[3] == width) return batch;
        if (batch.numel() == 0) return batch.newEmpty(shape[0], shape[1], height, width);
        long[] size = {height, width};
        return Images.scoped(() -> {
            // libtorch has a uint8 kernel on the CPU only.
            if (!Images.bytes(batch) || batch.device().equals(Device.CPU)) return Aten._upsampleBilinear2dAa(batch, size, false);
            return Aten._upsampleBilinear2dAa(Images.floats(batch), size, false).round_().to(batch.dtype());
        });
    }
}
