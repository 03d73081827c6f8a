package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;

/** Filters over the neighbourhood of a pixel, with one parameter per image; otherwise as {@link Colors}. */
final class Filters {
    private Filters() {}

    /** Returns {@code factor·x + (1 − factor)·smoothed} except at the border, as Pillow does. Fewer than 3 pixels a side have no inside. */
    static Tensor sharpness(Tensor x, Tensor factor) {
        long[] shape = x.shape();
        if (x.numel() == 0 || shape[2] <= 2 || shape[3] <= 2) return x;
        Tensor result = Images.bytes(x) ? x.to(DType.FLOAT32) : x.clone();
        Tensor inside = result.narrow(2, 1, shape[2] - 2).narrow(3, 1, shape[3] - 2);
        // The mean of nine pixels, the middle one weighted five times. Sums along rows and columns take a fraction of the time of a
        // convolution per channel, and are exact for bytes.
        Tensor smooth = threeSummed(threeSummed(result, 3), 2).add_(inside, 4).div_(13);
        if (Images.bytes(x)) smooth.round_();
        inside.add_(smooth.sub_(inside).mul_(Images.column(factor.rsub(1), x)));
        return Images.clamped(result, x);
    }

    private static Tensor threeSummed(Tensor x, int dim) {
        long length = x.size(dim) - 2;
        return x.narrow(dim, 0, length).add(x.narrow(dim, 1, length)).add_(x.narrow(dim, 2, length));
    }

    /** Convolves with a Gaussian of standard deviation {@code sigma} pixels and {@code size} pixels a side; borders are mirrored. */
    static Tensor gaussianBlur(Tensor x, int size, Tensor sigma) {
        if (x.numel() == 0) return x;
        long[] shape = x.shape();
        long half = size / 2, planes = shape[0] * shape[1];
        if (half >= shape[2] || half >= shape[3])
            throw new IllegalArgumentException("images of " + shape[2] + "×" + shape[3]
                    + " pixels are too small for a blur of " + size + " pixels; sides must be above " + half);
        Tensor exponent = Aten.arange(-half, half + 1, 1, DType.FLOAT64).square().div(sigma.square().mul(-2).view(-1, 1));
        Tensor source = Images.floats(x);
        Tensor kernel = exponent.softmax(1).to(source.dtype()).repeatInterleave(shape[1], 0).to(x.device());
        // All channels of all images are channels of one image, each with its own kernel: one convolution per direction.
        Tensor plane = source.reshape(1, planes, shape[2], shape[3]).reflectionPad2d(half, half, half, half);
        plane = Aten.conv2d(plane, kernel.view(planes, 1, 1, size), null, 1, 0, 1, planes);
        plane = Aten.conv2d(plane, kernel.view(planes, 1, size, 1), null, 1, 0, 1, planes).view(shape);
        return Images.bytes(x) ? plane.round_().to(DType.UINT8) : plane;
    }
}
