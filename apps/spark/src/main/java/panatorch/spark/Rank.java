package panatorch.spark;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import panatorch.distributed.ProcessGroup;
import panatorch.train.Uneven;

/** One of the ranks of {@link Ranks#train}, within its task. It ends with its program; the program's thread alone uses it. */
public final class Rank {
    private final ProcessGroup group;
    private final StructType schema;
    private final Iterator<Row> rows;
    private final Uneven uneven;
    private final BarrierTaskContext context;

    Rank(ProcessGroup group, StructType schema, Iterator<Row> rows, Uneven uneven, BarrierTaskContext context) {
        this.group = group;
        this.schema = schema;
        this.rows = rows;
        this.uneven = uneven;
        this.context = context;
    }

    /** Returns the group of all ranks. It is closed when the program has ended. */
    public ProcessGroup group() {
        return group;
    }

    /** Returns the number of this rank, from 0. */
    public int rank() { return group.rank(); }

    /** Returns the number of ranks. */
    public int ranks() {
        return group.ranks();
    }

    /** Returns how often the ranks were started before, because an executor was lost; 0 at first. */
    public int attempt() {
        return context.stageAttemptNumber();
    }

    /** Returns Spark's view of this task. */
    public BarrierTaskContext task() {
        return context;
    }

    /** Returns this rank's rows, one after the other and once only, for a program that does not need all of them in memory. */
    public Iterator<Row> rows() {
        return rows;
    }

    /**
     * Reads this rank's rows into memory, and compares their number with the others'. All ranks call this method, once.
     *
     * @throws IllegalArgumentException on all ranks if their numbers of rows differ and {@link RankOptions#uneven} is {@link Uneven#ERROR};
     * with {@link Uneven#SHORTEST}, each rank gets as many rows as that with the fewest has
     */
    public RowBatch table() throws InterruptedException {
        var all = new ArrayList<Row>();
        rows.forEachRemaining(all::add);
        List<String> counts = group.allGather(Integer.toString(all.size()));
        int fewest = all.size();
        for (int r = 0; r < counts.size(); r++) {
            if (uneven == Uneven.ERROR && !counts.get(r).equals(counts.getFirst()))
                throw new IllegalArgumentException("The ranks must have the same number of rows, but rank 0 has " + counts.getFirst()
                        + ", and rank " + r + " has " + counts.get(r)
                        + ". Pass RankOptions.uneven(Uneven.SHORTEST) to leave out the rest.");
            fewest = Math.min(fewest, Integer.parseInt(counts.get(r)));
        }
        return new RowBatch(schema, all.subList(0, fewest), context.partitionId(), 0);
    }
}
