package panatorch.datasets.transforms;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;

/** Applies a different change to every image of a batch, grouped so that each operator works on all images of one change. */
final class Groups {
    /** A change to the images of one group. */
    @FunctionalInterface
    interface Change {
        /**
         * Returns the changed images.
         *
         * @param group index of the group
         * @param images the images of the group
         * @param rows their rows in the batch, int64 on the CPU
         */
        Tensor apply(int group, Tensor images, Tensor rows);
    }

    private Groups() {}

    /**
     * Applies {@code change} to the images of each group; it is not called for empty groups. The numbers in {@code choice} are read on the
     * CPU, where they were drawn, so nothing waits for another device.
     *
     * @param choice the group of every image, int64 {@code [N]} on the CPU, from 0 to {@code groups − 1}
     */
    static Tensor apply(Tensor batch, Tensor choice, int groups, Change change) {
        if (batch.size(0) == 0) return batch;
        try (var scope = Scope.open()) {
            long[] counts = Aten.bincount(choice, null, groups).toLongArray();
            Tensor order = choice.argsort(true, 0, false);
            Tensor sorted = batch.indexSelect(0, order.to(batch.device()));
            List<Tensor> parts = new ArrayList<>();
            long from = 0;
            for (int g = 0; g < groups; from += counts[g++]) {
                if (counts[g] == 0) continue;
                long start = from, count = counts[g];
                int group = g;
                parts.add(Images.scoped(() -> change.apply(group, sorted.narrow(0, start, count), order.narrow(0, start, count))));
                alike(parts.getFirst(), parts.getLast());
            }
            return scope.move(Aten.cat(parts).indexSelect(0, order.argsort().to(batch.device())));
        }
    }

    /** Refuses two parts of one batch that differ in dtype or image size. */
    private static void alike(Tensor a, Tensor b) {
        long[] first = a.shape(), other = b.shape();
        if (a.dtype() != b.dtype() || !Arrays.equals(first, 1, first.length, other, 1, other.length))
            throw new IllegalArgumentException(
                    "all images of a batch must have one size and dtype, but some became " + a.dtype() + Arrays.toString(first)
                            + " and some " + b.dtype() + Arrays.toString(other));
    }
}
