package panatorch.datasets.transforms;

import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Linalg;
import panatorch.Tensor;
import panatorch.Torch;

/** Affine maps and resampling with a different map or box for every image; otherwise as {@link Colors}. */
final class Geometry {
    private Geometry() {}

    /**
     * Returns the inverse {@code [N, 2, 3]} of translate · rotate · scale · shear about ({@code cx}, {@code cy}). It maps a place in the
     * result to the place in the image that it shows, in pixels from the image's middle. Angles are in radians, clockwise. Any argument may
     * have one element instead of N.
     */
    static Tensor inverse(Tensor angle, Tensor x, Tensor y, Tensor scale, Tensor shearX, Tensor shearY, double cx, double cy) {
        Tensor lean = angle.sub(shearY), cosY = shearY.cos(), tanX = shearX.tan();
        Tensor a = lean.cos().div(cosY), b = a.mul(tanX).add(angle.sin()).neg();
        Tensor c = lean.sin().div(cosY), d = angle.cos().sub(c.mul(tanX));
        Tensor xx = d.div(scale), xy = b.div(scale).neg(), yx = c.div(scale).neg(), yy = a.div(scale);
        Tensor right = x.add(cx), down = y.add(cy);
        Tensor x0 = xx.mul(right).add(xy.mul(down)).rsub(cx), y0 = yx.mul(right).add(yy.mul(down)).rsub(cy);
        return Aten.stack(Aten.broadcastTensors(List.of(xx, xy, x0, yx, yy, y0)), 1).view(-1, 2, 3);
    }

    /**
     * Warps {@code x} by the map {@code inverse}; places outside the image show {@code fill}. Bilinear values at the border are a weighted
     * mean of pixels and {@code fill}; torchvision weights the pixels there twice, which shows as a dark seam.
     */
    static Tensor warp(Tensor x, Tensor inverse, Interpolation interpolation, double fill) {
        if (x.numel() == 0) return x;
        long[] shape = x.shape();
        long n = shape[0], height = shape[2], width = shape[3];
        Tensor source = Images.floats(x);
        Tensor column = Aten.linspace((1 - width) * 0.5, (width - 1) * 0.5, width, source.dtype(), null, x.device());
        Tensor row = Aten.linspace((1 - height) * 0.5, (height - 1) * 0.5, height, source.dtype(), null, x.device());
        Tensor place = Aten.stack(
                List.of(column.view(1, -1).expand(height, width), row.view(-1, 1).expand(height, width), column.newOnes(height, width)), 2);
        // grid_sampler counts from −1 to 1.
        Tensor half = Aten.stack(
                List.of(Aten.full(new long[] {1}, 2.0 / width, DType.FLOAT64), Aten.full(new long[] {1}, 2.0 / height, DType.FLOAT64)), 1);
        Tensor map = inverse.transpose(1, 2).mul(half).to(source.dtype()).to(x.device());
        Tensor grid = place.view(1, height * width, 3).expand(n, -1, -1).bmm(map).view(n, height, width, 2);
        return sample(x, source, grid, interpolation, fill);
    }

    /**
     * Returns the images' values at the places of {@code grid} {@code [N, H, W, 2]}, from −1 to 1.
     *
     * @param source {@code x} as floating-point numbers
     */
    private static Tensor sample(Tensor x, Tensor source, Tensor grid, Interpolation interpolation, double fill) {
        Tensor seen = Aten.gridSampler(source, grid, interpolation.code, 0, false);
        if (fill != 0) {
            Tensor ones = source.newOnes(1, 1, x.size(2), x.size(3)).expand(x.size(0), -1, -1, -1);
            seen.add_(Aten.gridSampler(ones, grid, interpolation.code, 0, false).rsub(1), fill);
        }
        if (!Images.bytes(x)) return seen;
        if (interpolation == Interpolation.BICUBIC) seen.clamp_(0, 255);
        return seen.round_().to(DType.UINT8);
    }

    /**
     * Returns the coefficients {@code [N, 8]} of maps that show an image's corners at other places: a place {@code (x, y)} in the result
     * shows {@code (ax + by + c, dx + ey + f) / (gx + hy + 1)}.
     *
     * @param corners where the corners are in the result, clockwise from the upper left one, whole pixels {@code [N, 4, 2]} on the CPU
     */
    static Tensor coefficients(Tensor corners, long height, long width) {
        Tensor to = corners.to(DType.FLOAT64), x = to.select(2, 0), y = to.select(2, 1), one = x.onesLike(), zero = x.zerosLike();
        Tensor right = Torch.tensor(new double[] {0, width - 1, width - 1, 0}),
                down = Torch.tensor(new double[] {0, 0, height - 1, height - 1});
        Tensor across = Aten.stack(List.of(x, y, one, zero, zero, zero, x.mul(right).neg(), y.mul(right).neg()), 2);
        Tensor along = Aten.stack(List.of(zero, zero, zero, x, y, one, x.mul(down).neg(), y.mul(down).neg()), 2);
        Tensor equations = Aten.stack(List.of(across, along), 2).view(-1, 8, 8);
        Tensor from = Aten.stack(List.of(right, down), 1).view(1, 8, 1).expand(corners.size(0), -1, -1);
        return Linalg.lstsq(equations, from, (Double) null, "gelsd").solution().squeeze(2);
    }

    /** Warps {@code x} by the maps of {@link #coefficients}; places outside the image show {@code fill}. */
    static Tensor perspective(Tensor x, Tensor coefficients, Interpolation interpolation, double fill) {
        long[] shape = x.shape();
        long n = shape[0], height = shape[2], width = shape[3];
        Tensor source = Images.floats(x), c = coefficients.to(DType.FLOAT32).to(source.dtype()).to(x.device());
        Tensor column = Aten.arange(0.5, width, 1, source.dtype(), null, x.device()).view(1, -1).expand(height, width);
        Tensor row = Aten.arange(0.5, height, 1, source.dtype(), null, x.device()).view(-1, 1).expand(height, width);
        Tensor place = Aten.stack(List.of(column, row, column.onesLike()), 2).view(1, height * width, 3).expand(n, -1, -1);
        Tensor half = Torch.tensor(new double[] {0.5 * width, 0.5 * height}).to(x.device(), source.dtype());
        Tensor above = c.narrow(1, 0, 6).reshape(-1, 2, 3).transpose(1, 2).div(half);
        Tensor below = Aten.cat(List.of(c.narrow(1, 6, 2), c.newOnes(n, 1)), 1).unsqueeze(2);
        Tensor grid = place.bmm(above).div_(place.bmm(below)).sub_(1).view(n, height, width, 2);
        return sample(x, source, grid, interpolation, fill);
    }

    /** Returns where the map of {@link #inverse} puts places {@code [P, 2]} of one image, in pixels from its upper left corner. */
    static Tensor move(Tensor points, Tensor inverse, long height, long width) {
        Tensor middle = Torch.tensor(new double[] {0.5 * width, 0.5 * height}), map = inverse.to(DType.FLOAT64).get(0);
        Tensor from = points.to(Device.CPU, DType.FLOAT64).sub(middle).sub(map.select(1, 2));
        return from.matmul(Linalg.inv(map.narrow(1, 0, 2)).t()).add(middle).to(points.device(), points.dtype());
    }

    /** Returns where the map of {@link #coefficients} puts places {@code [P, 2]} of one image. */
    static Tensor move(Tensor points, Tensor coefficients) {
        Tensor c = coefficients.to(DType.FLOAT64).get(0), forward = Linalg.inv(Aten.cat(List.of(c, c.newOnes(1))).view(3, 3));
        Tensor from = points.to(Device.CPU, DType.FLOAT64),
                to = Aten.cat(List.of(from, from.newOnes(from.size(0), 1)), 1).matmul(forward.t());
        return to.narrow(1, 0, 2).div(to.narrow(1, 2, 1)).to(points.device(), points.dtype());
    }

    /**
     * Moves the pixels of {@code x}; places outside the image show {@code fill}.
     *
     * @param displacement distance from each pixel of the result to the place that it shows, to the right and down, in halves of a side
     * {@code [N, H, W, 2]}
     */
    static Tensor displace(Tensor x, Tensor displacement, Interpolation interpolation, double fill) {
        long height = x.size(2), width = x.size(3);
        Tensor source = Images.floats(x);
        Tensor column = Aten.linspace((1.0 - width) / width, (width - 1.0) / width, width, source.dtype(), null, x.device());
        Tensor row = Aten.linspace((1.0 - height) / height, (height - 1.0) / height, height, source.dtype(), null, x.device());
        Tensor here = Aten.stack(List.of(column.view(1, -1).expand(height, width), row.view(-1, 1).expand(height, width)), 2);
        return sample(x, source, displacement.to(x.device(), source.dtype()).add(here), interpolation, fill);
    }

    /**
     * Resizes the boxes of {@code x} to {@code height × width}: bilinear with antialiasing, Pillow's and torchvision's filter. Every result
     * is a mean whose weights are those of its row times those of its column, so two batched matrix products compute all of them.
     *
     * @param boxes whole pixels inside the image
     */
    static Tensor resample(Tensor x, Boxes boxes, long height, long width) {
        Tensor source = Images.floats(x);
        Tensor down = weights(boxes.top(), boxes.height(), x.size(2), height, source);
        Tensor right = weights(boxes.left(), boxes.width(), x.size(3), width, source);
        Tensor result = down.unsqueeze(1).matmul(source.matmul(right.transpose(1, 2).unsqueeze(1)));
        return Images.bytes(x) ? result.round_().clamp_(0, 255).to(DType.UINT8) : result;
    }

    /**
     * Returns the weights {@code [N, results, pixels]}: a triangle around the place of each result, which reaches one pixel to either side,
     * or as far as a result covers if that is more.
     */
    private static Tensor weights(Tensor start, Tensor length, long pixels, long results, Tensor source) {
        Tensor from = start.to(source.dtype()).view(-1, 1, 1).to(source.device()),
                extent = length.to(source.dtype()).view(-1, 1, 1).to(source.device());
        Tensor scale = extent.div(results);
        Tensor centre = Aten.arange(0.5, results, 1, source.dtype(), null, source.device()).view(1, -1, 1).mul(scale).add_(from);
        Tensor pixel = Aten.arange(0.5, pixels, 1, source.dtype(), null, source.device()).view(1, 1, -1);
        Tensor triangle = pixel.sub(centre).abs_().div_(scale.clampMin(1)).neg_().add_(1).clampMin_(0);
        triangle.mul_(pixel.gt(from).logicalAnd(pixel.lt(from.add(extent))));
        return triangle.div_(triangle.sum(new long[] {2}, true));
    }
}
