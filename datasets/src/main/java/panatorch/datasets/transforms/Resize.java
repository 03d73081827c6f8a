package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Nn;
import panatorch.Tensor;

/**
 * Resizes to {@code height × width}: {@code [N, C, H, W]} → {@code [N, C, height, width]}, uint8 (rounded) or floating-point numbers. Draws
 * no random numbers.
 *
 * @param interpolation interpolation between pixels
 * @param antialias whether smaller images average all pixels, instead of those around each place; not for nearest pixels
 */
public record Resize(int height, int width, Interpolation interpolation, boolean antialias) implements Transform {
    public Resize {
        Images.side(height, width);
    }

    /** Makes the transform bilinear with antialiasing. */
    public Resize(int height, int width) {
        this(height, width, Interpolation.BILINEAR, true);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.numbers(batch);
        if (shape[2] == height && shape[3] == width) return batch;
        if (batch.numel() == 0) return batch.newEmpty(shape[0], shape[1], height, width);
        return Images.scoped(() -> {
            // libtorch has a uint8 kernel on the CPU only.
            if (!Images.bytes(batch) || batch.device().equals(Device.CPU)) return resized(batch);
            return resized(Images.floats(batch)).clamp_(0, 255).round_().to(batch.dtype());
        });
    }

    private Tensor resized(Tensor x) {
        long[] size = {height, width};
        return switch (interpolation) {
            case NEAREST -> Nn.upsampleNearest2d(x, size);
            case BILINEAR -> antialias ? Aten._upsampleBilinear2dAa(x, size, false) : Nn.upsampleBilinear2d(x, size, false);
            case BICUBIC -> antialias ? Aten._upsampleBicubic2dAa(x, size, false) : Nn.upsampleBicubic2d(x, size, false);
        };
    }
}
