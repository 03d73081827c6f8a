package panatorch.vision.ops;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * The weights by which the rows, or the columns, of an image count in the bins of regions: [K, bins, size]. Bilinear samples and means over
 * rectangles are products of a weight of the row and one of the column, which makes pooling two matrix products. No gradients.
 */
final class BinWeights {
    /** The largest number of sampling points in one direction of a bin that is chosen by the region's size. */
    private static final long MOST_POINTS = 1 << 14;

    private BinWeights() {}

    /**
     * Returns the weights of bilinear samples at the points of a grid in each bin, divided by the number of points.
     *
     * @param low where the regions begin [K]
     * @param high where they end [K]
     * @param size number of rows or columns of the image
     * @param scale factor of the coordinates
     * @param ratio number of points in each bin; if it is not positive, the bin's length rounded up
     * @param shift number taken from the scaled coordinates
     * @param enlarge whether regions have at least length 1
     */
    static Tensor samples(Tensor low, Tensor high, long bins, long size, double scale, long ratio, double shift, boolean enlarge) {
        Tensor start = low.mul(scale).sub(shift), length = high.mul(scale).sub(shift).sub(start);
        if (enlarge) length = length.clampMin(1);
        Tensor bin = length.div(bins), counts = ratio > 0 ? bin.fullLike(ratio) : bin.ceil();
        long points = ratio > 0 ? ratio : most(counts);
        Tensor point = numbers(points, bin), count = column(counts);
        Tensor position = column(start).add(numbers(bins, bin).unsqueeze(1).mul(column(bin)))
                .add(point.add(0.5).mul(column(bin)).div(count)); // [K, bins, points]
        Tensor used = position.ge(-1).logicalAnd(position.le(size)).logicalAnd(point.lt(count));
        Tensor inside = Aten.where(used, position.clamp(0, size - 1), 0), before = inside.floor(), part = inside.sub(before);
        Tensor weight = used.to(bin.dtype()).div(count.clampMin(1)), lower = before.to(DType.INT64);
        return low.newZeros(low.size(0), bins, size).scatterAdd(2, lower, weight.mul(part.rsub(1)))
                .scatterAdd(2, lower.add(1).clampMax(size - 1), weight.mul(part));
    }

    private static long most(Tensor counts) {
        double most = counts.numel() == 0 ? 0 : counts.max().itemDouble();
        if (!(most <= MOST_POINTS))
            throw new IllegalArgumentException("a bin of a region is " + most + " elements long, and so many sampling points are too many; "
                    + "clip the boxes with Boxes.clipBoxesToImage, or give a sampling ratio");
        return Math.max(1, (long) most);
    }

    /**
     * The rows, or the columns, that belong to each bin of regions of whole elements: from {@code start} to {@code end}, exclusive, int64
     * [K, bins].
     */
    record Ranges(Tensor start, Tensor end) {
        /**
         * Rounds regions to whole elements and cuts them into bins, which overlap by one element where the length is not a multiple.
         *
         * @param scale factor of the coordinates
         * @param inclusive whether the last element belongs to the region
         * @param limit largest end of a bin
         */
        static Ranges of(Tensor low, Tensor high, long bins, double scale, boolean inclusive, long limit) {
            Tensor start = rounded(low.mul(scale)), end = rounded(high.mul(scale));
            Tensor bin = end.sub(start).add(inclusive ? 1 : 0).clampMin(1).div(bins).unsqueeze(1), i = numbers(bins, bin);
            return new Ranges(limited(i.mul(bin).floor().add(start.unsqueeze(1)), limit),
                    limited(i.add(1).mul(bin).ceil().add(start.unsqueeze(1)), limit));
        }

        private static Tensor limited(Tensor t, long limit) { return t.nanToNum(0).clamp(0, limit).to(DType.INT64); }

        /** Returns the nearest whole numbers, of two equally near ones that farther from 0, as C rounds. */
        private static Tensor rounded(Tensor t) {
            Tensor whole = t.trunc();
            return whole.add(t.sub(whole).abs().ge(0.5).to(t.dtype()).mul(t.sign()));
        }

        /** Returns whether a bin has no element: [K, bins]. */
        Tensor empty() {
            return end.le(start);
        }

        /**
         * Returns the elements of each bin: int64 [K, bins, n], with n of the largest bin. In smaller bins the last element is repeated; an
         * empty bin has any element of the image.
         */
        Tensor elements(long size) {
            long n = end.numel() == 0 ? 1 : Math.max(1, end.sub(start).max().itemLong());
            Tensor last = end.sub(1).unsqueeze(2);
            return start.unsqueeze(2).add(Torch.arange(n, DType.INT64, start.device())).minimum(last).clamp(0, size - 1);
        }

        /** Returns the weights of the means over the bins: [K, bins, size]. */
        Tensor means(DType type, long size) {
            Tensor element = Torch.arange(size, DType.INT64, start.device());
            Tensor in = element.ge(start.unsqueeze(2)).logicalAnd(element.lt(end.unsqueeze(2)));
            return in.to(type).div(end.sub(start).clampMin(1).unsqueeze(2).to(type));
        }
    }

    private static Tensor numbers(long n, Tensor like) { return Torch.arange(n, like.dtype(), like.device()); }

    private static Tensor column(Tensor t) { return t.reshape(-1, 1, 1); }
}
