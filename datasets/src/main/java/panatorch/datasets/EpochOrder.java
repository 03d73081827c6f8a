package panatorch.datasets;

import java.util.Arrays;
import java.util.List;

/**
 * The items of an epoch in their order, and where each batch begins.
 *
 * @param items indices of the items
 * @param begins the place of the first item of each batch, then the number of items
 */
record EpochOrder(int[] items, int[] begins) {
    static EpochOrder of(int[] items, int batchSize, int batches) {
        var begins = new int[batches + 1];
        for (int b = 0; b <= batches; b++) begins[b] = (int) Math.min(items.length, (long) b * batchSize);
        return new EpochOrder(items, begins);
    }

    /** Joins the batches of a batch sampler. */
    static EpochOrder of(List<int[]> batches) {
        var begins = new int[batches.size() + 1];
        for (int b = 0; b < batches.size(); b++) {
            if (batches.get(b).length == 0) throw new IllegalStateException("the batch sampler's batch " + b + " has no items");
            begins[b + 1] = Math.addExact(begins[b], batches.get(b).length);
        }
        return new EpochOrder(batches.stream().flatMapToInt(Arrays::stream).toArray(), begins);
    }

    int from(int batch) { return begins[batch]; }

    int size(int batch) { return begins[batch + 1] - begins[batch]; }
}
