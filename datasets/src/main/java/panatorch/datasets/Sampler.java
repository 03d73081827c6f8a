package panatorch.datasets;

/** The order in which an epoch visits the items of a set. It depends on the sampler and the epoch only, so that a run can be repeated and resumed. */
public interface Sampler {
    /** How many items an epoch visits. */
    int size();

    /** The indices of {@code epoch}, {@link #size} of them. */
    int[] order(long epoch);
}
