package panatorch.vision.ops;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Autocast;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Pooling of regions of interest to maps of one size, after {@code torchvision.ops}.
 *
 * <pre>{@code
 * Tensor rois = Boxes.convertBoxesToRoiFormat(List.of(boxesOfImage0, boxesOfImage1));
 * Tensor maps = RegionPooling.roiAlign(features, rois, new long[] {7, 7}, 1.0 / 16, 2, true);      // [K, C, 7, 7]
 * }</pre>
 *
 * <p>
 * All methods take images or feature maps [N, C, H, W] and regions [K, 5], which are the image's index and {@code x1, y1, x2, y2}, and
 * return [K, C′, h, w] in the regions' order. They compute in float64 or float32, also under autocast; other inputs are converted, and the
 * result has the input's type. Gradients go to the images, not to the regions.
 */
public final class RegionPooling {
    private RegionPooling() {}

    /** Pools by {@link #roiAlign(Tensor, Tensor, long[], double, long, boolean)} with scale 1, adaptive sampling, and without alignment. */
    public static Tensor roiAlign(Tensor input, Tensor boxes, long... outputSize) {
        return roiAlign(input, boxes, outputSize, 1, -1, false);
    }

    /**
     * Averages bilinear samples in each bin of a region (RoIAlign of Mask R-CNN, He et al., 2017, arXiv:1703.06870).
     *
     * @param input images [N, C, H, W]
     * @param boxes regions [K, 5]
     * @param outputSize height and width of the result
     * @param spatialScale factor from the boxes' coordinates to the input's, such as 1/16
     * @param samplingRatio number of samples in each direction of a bin; if it is not positive, the bin's size rounded up
     * @param aligned whether coordinates are those of pixels' edges instead of their centres, and small regions keep their size
     * @return [K, C, h, w]
     */
    public static Tensor roiAlign(Tensor input, Tensor boxes, long[] outputSize, double spatialScale, long samplingRatio,
            boolean aligned) {
        long h = height(outputSize), w = width(outputSize);
        try (var scope = Scope.open(); var exact = withoutAutocast(input)) {
            Tensor x = Regions.computing(input);
            var regions = Regions.of(x, boxes);
            Tensor rows, columns;
            try (var noGrad = NoGrad.enter()) {
                double shift = aligned ? 0.5 : 0;
                rows = BinWeights.samples(regions.corner(1), regions.corner(3), h, x.size(2), spatialScale, samplingRatio, shift, !aligned);
                columns =
                        BinWeights.samples(regions.corner(0), regions.corner(2), w, x.size(3), spatialScale, samplingRatio, shift,
                                !aligned);
            }
            Tensor y = regions.map(x, x.size(1) * x.size(2) * w, x.newZeros(0, x.size(1), h, w),
                    (image, first, n) -> weighted(image, rows.narrow(0, first, n), columns.narrow(0, first, n)));
            return scope.move(y.to(input.dtype()));
        }
    }

    /** Sums an image [C, H, W] with weights of rows [k, h, H] and columns [k, w, W]: [k, C, h, w]. */
    private static Tensor weighted(Tensor image, Tensor rows, Tensor columns) {
        long c = image.size(0), height = image.size(1), width = image.size(2), k = rows.size(0), h = rows.size(1), w = columns.size(1);
        Tensor across = image.reshape(c * height, width).matmul(columns.reshape(k * w, width).t()); // [C·H, k·w]
        Tensor down = rows.bmm(across.view(c, height, k, w).permute(2, 1, 0, 3).reshape(k, height, c * w)); // [k, h, C·w]
        return down.view(k, h, c, w).permute(0, 2, 1, 3);
    }

    /**
     * Takes the maximum in each bin of a region that is rounded to whole elements (RoIPool of Fast R-CNN, Girshick, 2015,
     * arXiv:1504.08083). An empty bin is 0.
     *
     * @param input images [N, C, H, W]
     * @param boxes regions [K, 5]
     * @param outputSize height and width of the result
     * @param spatialScale factor from the boxes' coordinates to the input's, such as 1/16
     * @return [K, C, h, w]
     */
    public static Tensor roiPool(Tensor input, Tensor boxes, long[] outputSize, double spatialScale) {
        try (var scope = Scope.open()) {
            return scope.move(maxima(input, boxes, outputSize, spatialScale).getFirst());
        }
    }

    /** Returns the result of {@link #roiPool}, and int32 indices of the maxima in their images [K, C, h, w], -1 for an empty bin. */
    static List<Tensor> maxima(Tensor input, Tensor boxes, long[] outputSize, double spatialScale) {
        long h = height(outputSize), w = width(outputSize);
        try (var scope = Scope.open()) {
            Tensor x = Regions.computing(input), where, offsets;
            var regions = Regions.of(x, boxes);
            long c = x.size(1), height = x.size(2), width = x.size(3);
            try (var noGrad = NoGrad.enter()) {
                var rows = BinWeights.Ranges.of(regions.corner(1), regions.corner(3), h, spatialScale, true, height);
                var columns = BinWeights.Ranges.of(regions.corner(0), regions.corner(2), w, spatialScale, true, width);
                Tensor row = rows.elements(height), column = columns.elements(width);
                Tensor empty = rows.empty().unsqueeze(2).logicalOr(columns.empty().unsqueeze(1)).unsqueeze(1); // [K, 1, h, w]
                where = regions.map(x.detach(), c * height * w * column.size(2), Torch.empty(DType.INT64, x.device(), 0, c, h, w),
                        (image, first, n) -> maximum(image, row.narrow(0, first, n), column.narrow(0, first, n))
                                .maskedFill(empty.narrow(0, first, n), -1));
                Tensor image = regions.images().mul(c).reshape(-1, 1, 1, 1).add(Torch.arange(c, DType.INT64, x.device()).reshape(-1, 1, 1));
                offsets = where.clampMin(0).add(image.mul(height * width));
            }
            Tensor y = Aten.where(where.lt(0), 0, x.take(offsets)).to(input.dtype());
            return List.of(scope.move(y), scope.move(where.to(DType.INT32)));
        }
    }

    /**
     * Finds the maxima in bins, of equal ones the first by row and then by column.
     *
     * @param image [C, H, W]
     * @param rows the rows of each bin [k, h, n]
     * @param columns the columns of each bin [k, w, m]
     * @return the indices of the maxima in a channel [k, C, h, w]
     */
    private static Tensor maximum(Tensor image, Tensor rows, Tensor columns) {
        long c = image.size(0), height = image.size(1), width = image.size(2);
        long k = rows.size(0), h = rows.size(1), n = rows.size(2), w = columns.size(1), m = columns.size(2);
        // The maximum of each row first, so that the first of equal maxima is that of the first row.
        var across = image.indexSelect(2, columns.flatten()).view(c, height, k, w, m).max(-1); // [C, H, k, w]
        Tensor values = across.values().permute(2, 1, 0, 3), inRow = across.indices().permute(2, 1, 0, 3); // [k, H, C, w]
        var down = values.gather(1, rows.reshape(k, h * n, 1, 1).expand(k, h * n, c, w)).view(k, h, n, c, w).max(2); // [k, h, C, w]
        Tensor row = rows.reshape(k, h, n, 1, 1).expand(k, h, n, c, w).gather(2, down.indices().unsqueeze(2)).squeeze(2);
        Tensor nth = inRow.gather(1, row);
        Tensor column = columns.reshape(k, 1, 1, w, m).expand(k, h, c, w, m).gather(4, nth.unsqueeze(4)).squeeze(4);
        return row.mul(width).add(column).permute(0, 2, 1, 3);
    }

    /**
     * Averages bilinear samples in each bin of a region, each bin from channels of its own (Li et al., 2017, Light-Head R-CNN,
     * arXiv:1711.07264). Coordinates are those of pixels' edges. A bin without samples is 0, where torchvision has NaN.
     *
     * @param input images [N, C·h·w, H, W]
     * @param boxes regions [K, 5]
     * @param outputSize height and width of the result
     * @param spatialScale factor from the boxes' coordinates to the input's, such as 1/16
     * @param samplingRatio number of samples in each direction of a bin; if it is not positive, the bin's size rounded up
     * @return [K, C, h, w]
     */
    public static Tensor psRoiAlign(Tensor input, Tensor boxes, long[] outputSize, double spatialScale, long samplingRatio) {
        long h = height(outputSize), w = width(outputSize);
        return byPosition(input, boxes, h, w, (x, regions) -> List.of(
                BinWeights.samples(regions.corner(1), regions.corner(3), h, x.size(2), spatialScale, samplingRatio, 0.5, false),
                BinWeights.samples(regions.corner(0), regions.corner(2), w, x.size(3), spatialScale, samplingRatio, 0.5, false)));
    }

    /**
     * Averages each bin of a region that is rounded to whole elements, each bin from channels of its own (Dai et al., 2016, R-FCN,
     * arXiv:1605.06409). An empty bin is 0. As in torchvision, the last row and the last column of an image are never used. The gradient is
     * that of this result; torchvision's differs for regions that reach the last row or column.
     *
     * @param input images [N, C·h·w, H, W]
     * @param boxes regions [K, 5]
     * @param outputSize height and width of the result
     * @param spatialScale factor from the boxes' coordinates to the input's, such as 1/16
     * @return [K, C, h, w]
     */
    public static Tensor psRoiPool(Tensor input, Tensor boxes, long[] outputSize, double spatialScale) {
        long h = height(outputSize), w = width(outputSize);
        return byPosition(input, boxes, h, w, (x, regions) -> List.of(
                BinWeights.Ranges.of(regions.corner(1), regions.corner(3), h, spatialScale, false, x.size(2) - 1).means(x.dtype(),
                        x.size(2)),
                BinWeights.Ranges.of(regions.corner(0), regions.corner(2), w, spatialScale, false, x.size(3) - 1).means(x.dtype(),
                        x.size(3))));
    }

    /** Returns which input channel each element of a position-sensitive result comes from: int32 [K, C, h, w]. */
    static Tensor channelMapping(Tensor input, Tensor boxes, long h, long w) {
        try (var scope = Scope.open()) {
            long c = input.size(1) / (h * w), k = boxes.size(0);
            return scope.move(Torch.arange(c * h * w, DType.INT32, input.device()).view(1, c, h, w).repeat(k, 1, 1, 1));
        }
    }

    /** Computes the weights of rows and columns for images and regions. */
    @FunctionalInterface
    private interface Weights {
        List<Tensor> compute(Tensor input, Regions regions);
    }

    private static Tensor byPosition(Tensor input, Tensor boxes, long h, long w, Weights weights) {
        try (var scope = Scope.open(); var exact = withoutAutocast(input)) {
            Tensor x = Regions.computing(input);
            var regions = Regions.of(x, boxes);
            if (x.size(1) % (h * w) != 0)
                throw new IllegalArgumentException(
                        "the number of channels is a multiple of " + h + "·" + w + ", the size of the output, not " + x.size(1));
            List<Tensor> of;
            try (var noGrad = NoGrad.enter()) {
                of = weights.compute(x, regions);
            }
            Tensor y = regions.map(x, x.size(1) * x.size(2), x.newZeros(0, x.size(1) / (h * w), h, w),
                    (image, first, n) -> weightedByPosition(image, of.get(0).narrow(0, first, n), of.get(1).narrow(0, first, n)));
            return scope.move(y.to(input.dtype()));
        }
    }

    /** Sums an image [C·h·w, H, W] with weights of rows [k, h, H] and columns [k, w, W], each bin from its own channels: [k, C, h, w]. */
    private static Tensor weightedByPosition(Tensor image, Tensor rows, Tensor columns) {
        long height = image.size(1), width = image.size(2), k = rows.size(0), h = rows.size(1), w = columns.size(1);
        long c = image.size(0) / (h * w);
        Tensor byColumn = image.reshape(c, h, w, height, width).permute(2, 0, 1, 3, 4).reshape(w, c * h * height, width);
        Tensor across = byColumn.bmm(columns.permute(1, 2, 0)).view(w, c, h, height, k); // sums over W
        Tensor byRow = across.permute(4, 2, 3, 0, 1).reshape(k * h, height, w * c);
        return rows.reshape(k * h, 1, height).bmm(byRow).view(k, h, w, c).permute(0, 3, 1, 2);
    }

    /** Turns autocast off for the input's device, as torchvision computes in float32 under autocast. */
    private static @Nullable Autocast withoutAutocast(Tensor input) {
        return Boxes.hasAutocast(input.device()) ? Autocast.off(input.device().type()) : null;
    }

    private static long height(long[] outputSize) {
        if (outputSize.length != 2 || outputSize[0] < 1 || outputSize[1] < 1)
            throw new IllegalArgumentException(
                    "the output size is a positive height and a positive width, not " + java.util.Arrays.toString(outputSize));
        return outputSize[0];
    }

    private static long width(long[] outputSize) { return outputSize[1]; }
}
