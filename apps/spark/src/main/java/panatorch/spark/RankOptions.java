package panatorch.spark;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import panatorch.train.Uneven;

/**
 * Settings of {@link Ranks#train}. The methods return changed copies.
 *
 * @param timeout the longest time that a collective may take, and the ranks may take to find each other
 * @param uneven what {@link Rank#table} does if the ranks have different numbers of rows
 * @param order columns by which each rank's rows are sorted; with none, a second attempt may see them in another order
 * @param partitioned whether the partitions stay as they are; otherwise the rows are divided evenly, up to a few
 */
public record RankOptions(Duration timeout, Uneven uneven, List<String> order, boolean partitioned) implements Serializable {
    /** Checks the timeout and copies the list. */
    public RankOptions {
        if (timeout.toMillis() < 1) throw new IllegalArgumentException("a timeout must be at least 1 ms, not " + timeout);
        order = List.copyOf(order);
    }

    /** Returns the usual settings: ten minutes, an error if the numbers of rows differ, no order, rows divided anew. */
    public static RankOptions standard() {
        return new RankOptions(Duration.ofMinutes(10), Uneven.ERROR, List.of(), false);
    }

    /** Sets the longest time that a collective may take. */
    public RankOptions timeout(Duration timeout) {
        return new RankOptions(timeout, uneven, order, partitioned);
    }

    /** Sets what to do with different numbers of rows. */
    public RankOptions uneven(Uneven uneven) {
        return new RankOptions(timeout, uneven, order, partitioned);
    }

    /** Sets the columns by which each rank's rows are sorted. Rows that agree in all of them may come in any order. */
    public RankOptions order(String... columns) {
        return new RankOptions(timeout, uneven, List.of(columns), partitioned);
    }

    /** Leaves the rows in their partitions, of which there must be as many as ranks. */
    public RankOptions inPartitions() {
        return new RankOptions(timeout, uneven, order, true);
    }
}
