package panatorch.datasets.transforms;

import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;

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
        Tensor seen = Aten.gridSampler(source, grid, interpolation.code, 0, false);
        if (fill != 0) {
            Tensor inside = Aten.gridSampler(source.newOnes(1, 1, height, width).expand(n, -1, -1, -1), grid, interpolation.code, 0, false);
            seen.add_(inside.rsub(1), fill);
        }
        return Images.bytes(x) ? seen.round_().to(DType.UINT8) : seen;
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
