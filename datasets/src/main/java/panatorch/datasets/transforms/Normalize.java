package panatorch.datasets.transforms;

import java.util.Arrays;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Computes {@code (x − mean) / std} per channel, as float32 {@code [N, C, H, W]}. A uint8 batch is divided by 255 first, as by
 * torchvision's {@code ToTensor}; a floating-point one is taken as it is. Draws no random numbers.
 */
public final class Normalize implements PixelTransform {
    private final double[] mean, std;

    /**
     * Makes the transform; {@link panatorch.datasets.Dataset#mean} and {@link panatorch.datasets.Dataset#std} give its arguments.
     *
     * @param mean mean of each channel, in the unit of floating-point images, and in [0, 1] for uint8
     * @param std standard deviation of each channel in the same unit, above 0
     */
    public Normalize(double[] mean, double[] std) {
        if (mean.length != std.length)
            throw new IllegalArgumentException(
                    mean.length + " means but " + std.length + " standard deviations; pass one of each for every channel");
        for (double s : std) if (!(s > 0)) throw new IllegalArgumentException("standard deviations must be above 0, but one is " + s);
        this.mean = mean.clone();
        this.std = std.clone();
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.shape(batch);
        if (shape[1] != mean.length)
            throw new IllegalArgumentException(
                    "the images have " + shape[1] + " channels, but the means and standard deviations are for " + mean.length);
        boolean bytes = batch.dtype() == DType.UINT8;
        if (!bytes && !batch.dtype().isFloatingPoint())
            throw new IllegalArgumentException(
                    "images must be uint8 or floating-point numbers, but are " + batch.dtype());
        var scale = new float[mean.length];
        var shift = new float[mean.length];
        for (int c = 0; c < mean.length; c++) {
            scale[c] = (float) (1 / (std[c] * (bytes ? 255 : 1)));
            shift[c] = (float) (-mean[c] / std[c]);
        }
        try (var scope = Scope.open()) {
            Tensor factor = Torch.tensor(scale, scale.length, 1, 1).to(batch.device()),
                    term = Torch.tensor(shift, shift.length, 1, 1).to(batch.device());
            // A converted batch is a new tensor, so it is scaled in place.
            Tensor x = batch.dtype() == DType.FLOAT32 ? batch.mul(factor) : batch.to(DType.FLOAT32).mul_(factor);
            return scope.move(x.add_(term));
        }
    }

    @Override public String toString() { return "Normalize[mean=" + Arrays.toString(mean) + ", std=" + Arrays.toString(std) + "]"; }
}
