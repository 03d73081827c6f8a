package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Resizes to {@code height × width}: {@code [N, C, H, W]} → {@code [N, C, height, width]}, uint8 (rounded) or floating-point numbers. Draws
 * no random numbers.
 *
 * @param interpolation interpolation between pixels
 * @param antialias whether smaller images average all pixels, instead of those around each place; not for nearest pixels
 */
public record Resize(int height, int width, Interpolation interpolation, boolean antialias) implements GeometricTransform {
    public Resize {
        Images.side(height, width);
    }

    /** Makes the transform bilinear with antialiasing. */
    public Resize(int height, int width) {
        this(height, width, Interpolation.BILINEAR, true);
    }

    @Override public Movement draw(long n, long h, long w, Generator generator) {
        return new Movement(height, width, this::resized, new Resize(height, width, Interpolation.NEAREST, false)::resized,
                points -> {
                    Tensor scale = Torch.tensor(new double[] {(double) width / w, (double) height / h});
                    return points.mul(scale.to(points.device(), points.dtype()));
                });
    }

    private Tensor resized(Tensor x) {
        long[] shape = Images.numbers(x);
        if (shape[2] == height && shape[3] == width) return x;
        // libtorch has a uint8 kernel on the CPU only.
        if (!Images.bytes(x) || x.device().equals(Device.CPU)) return interpolated(x);
        return interpolated(Images.floats(x)).clamp_(0, 255).round_().to(x.dtype());
    }

    private Tensor interpolated(Tensor x) {
        long[] size = {height, width};
        return switch (interpolation) {
            case NEAREST -> Nn.upsampleNearest2d(x, size);
            case BILINEAR -> antialias ? Aten._upsampleBilinear2dAa(x, size, false) : Nn.upsampleBilinear2d(x, size, false);
            case BICUBIC -> antialias ? Aten._upsampleBicubic2dAa(x, size, false) : Nn.upsampleBicubic2d(x, size, false);
        };
    }
}
