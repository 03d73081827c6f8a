package panatorch.datasets.transforms;

import java.util.Arrays;
import panatorch.Tensor;

/** What the transforms ask of a batch. */
final class Images {
    private Images() {}

    /** The shape of {@code batch}, which must be {@code [N, C, H, W]}. */
    static long[] shape(Tensor batch) {
        long[] shape = batch.shape();
        if (shape.length != 4) throw new IllegalArgumentException("a batch of images has the shape [N, C, H, W], not " + Arrays.toString(shape));
        return shape;
    }
}
