package panatorch.train;

/** What a distributed training does if the ranks have different numbers of batches in an epoch. */
public enum Uneven {
    /** The fit fails at its start, on every rank, with an {@link IllegalArgumentException} that names both numbers. */
    ERROR,
    /** An epoch ends after as many batches as the rank with the fewest has. The other ranks leave out their last batches. */
    SHORTEST
}
