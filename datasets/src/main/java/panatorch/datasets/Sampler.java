package panatorch.datasets;

/**
 * Decides the order in which an epoch visits the items of a dataset. The order depends only on the sampler and the epoch, so that a run can
 * be repeated and resumed.
 */
public interface Sampler {
    /** Returns the number of items that an epoch visits. */
    int size();

    /** Returns the indices of the items of an epoch, {@link #size} of them. */
    int[] order(long epoch);
}
