package panatorch.vision.ops;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Regions of interest in a batch of images, sorted by image, so that each image is used where it lies: a copy of its image for each region
 * would be far larger than the batch.
 */
final class Regions {
    /** The number of elements of an intermediate result above which the regions of an image are computed in several parts. */
    private static final long PART = 1L << 24;

    /** Computes the results [k, …] of some regions of one image. */
    @FunctionalInterface
    interface Part {
        /**
         * @param image the image [C, H, W]
         * @param first index of the first of the regions
         * @param count number of the regions
         */
        Tensor compute(Tensor image, long first, long count);
    }

    private final Tensor corners;
    private final long[] images;
    /** Where the regions of each image begin, and where those of the last end. */
    private final int[] starts;
    /** The index of each given region among the sorted ones; null if they are given in that order. */
    private final @Nullable Tensor places;

    private Regions(Tensor corners, long[] images, int[] starts, @Nullable Tensor places) {
        this.corners = corners;
        this.images = images;
        this.starts = starts;
        this.places = places;
    }

    /**
     * Reads regions.
     *
     * @param input images [N, C, H, W]
     * @param boxes regions [K, 5]: the image's index and {@code x1, y1, x2, y2}
     * @throws IllegalArgumentException if a shape is wrong or an image does not exist
     */
    static Regions of(Tensor input, Tensor boxes) {
        if (input.dim() != 4) throw new IllegalArgumentException("the input is [N, C, H, W], not " + input.describe());
        if (boxes.dim() != 2 || boxes.size(1) != 5)
            throw new IllegalArgumentException("regions are [K, 5], the image's index and x1, y1, x2, y2, not " + boxes.describe()
                    + "; Boxes.convertBoxesToRoiFormat makes them of a list of boxes");
        try (var noGrad = NoGrad.enter()) {
            Tensor regions = boxes.detach().to(input.device(), input.dtype());
            long[] images = regions.select(1, 0).toLongArray();
            int n = Math.toIntExact(input.size(0));
            var starts = new int[n + 1];
            for (int k = 0; k < images.length; k++) {
                if (images[k] < 0 || images[k] >= n)
                    throw new IllegalArgumentException("region " + k + " is of image " + images[k] + ", but there are " + n + " images");
                starts[(int) images[k] + 1]++;
            }
            for (int i = 0; i < n; i++) starts[i + 1] += starts[i];
            var next = starts.clone();
            var order = new long[images.length];
            var places = new long[images.length];
            boolean sorted = true;
            for (int k = 0; k < images.length; k++) {
                int place = next[(int) images[k]]++;
                sorted &= place == k;
                places[k] = place;
                order[place] = k;
            }
            Tensor corners = regions.narrow(1, 1, 4);
            return sorted ? new Regions(corners, images, starts, null)
                    : new Regions(corners.indexSelect(0, Torch.tensor(order).to(input.device())), images, starts,
                            Torch.tensor(places).to(input.device()));
        }
    }

    /** Returns x1 (0), y1 (1), x2 (2) or y2 (3) of the sorted regions [K]. */
    Tensor corner(int which) {
        return corners.select(1, which);
    }

    /** Returns the image's index of each region, in the order in which they were given: int64 [K]. */
    Tensor images() {
        return Torch.tensor(images).to(corners.device());
    }

    /**
     * Computes the results of all regions, in the order in which they were given.
     *
     * @param elements number of elements of the largest intermediate result of one region
     * @param empty the result [0, …] of no region
     */
    Tensor map(Tensor input, long elements, Tensor empty, Part part) {
        long step = Math.max(1, PART / Math.max(1, elements));
        List<Tensor> results = new ArrayList<>();
        for (int i = 0; i + 1 < starts.length; i++) {
            if (starts[i] == starts[i + 1]) continue;
            Tensor image = input.select(0, i);
            for (long first = starts[i]; first < starts[i + 1]; first += step)
                results.add(part.compute(image, first, Math.min(step, starts[i + 1] - first)));
        }
        if (results.isEmpty()) return empty;
        Tensor all = results.size() == 1 ? results.getFirst().contiguous() : Aten.cat(results);
        return places == null ? all : all.indexSelect(0, places);
    }

    /** Converts to the type in which pooling computes: float64 stays, all others become float32. */
    static Tensor computing(Tensor t) {
        return t.dtype() == DType.FLOAT64 ? t : t.to(DType.FLOAT32);
    }
}
