package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Sets a square of {@code size} pixels a side to 0 in every image (DeVries &amp; Taylor 2017, arXiv:1708.04552): {@code [N, C, H, W]}, any
 * dtype. Its middle is a random pixel, all equally likely, so the square may reach beyond the image. In the paper it follows the
 * normalisation, where 0 is the mean colour, with 16 pixels for CIFAR-10, 8 for CIFAR-100 and 20 for SVHN.
 */
public record Cutout(int size) implements PixelTransform {
    public Cutout {
        Images.side(size);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.shape(batch);
        if (batch.numel() == 0) return batch;
        return Images.scoped(() -> {
            Tensor top = Aten.randint(shape[2], new long[] {shape[0]}, generator).sub_(size / 2),
                    left = Aten.randint(shape[3], new long[] {shape[0]}, generator).sub_(size / 2);
            Tensor side = Aten.full(new long[] {shape[0]}, size, DType.INT64);
            return batch.maskedFill(new Boxes(top, left, side, side, side).mask(batch), 0);
        });
    }
}
