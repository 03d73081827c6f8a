package panatorch.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import panatorch.Torch;
import panatorch.distributed.DistributedException;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.Store;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** The task of one rank: finds the other ranks, runs the program, and agrees with them on how it ended. */
final class BarrierTask extends AbstractFunction1<scala.collection.Iterator<Row>, scala.collection.Iterator<Outcome>>
        implements Serializable {
    private static final long serialVersionUID = 1;
    /** What a rank tells the others at its end. */
    private static final String DONE = "done", LOST = "lost", FAILED = "failed";

    private final StructType schema;
    private final RankOptions options;
    private final Ranks.Program<?> program;

    BarrierTask(StructType schema, RankOptions options, Ranks.Program<?> program) {
        this.schema = schema;
        this.options = options;
        this.program = program;
    }

    @Override public scala.collection.Iterator<Outcome> apply(scala.collection.Iterator<Row> rows) {
        try {
            return CollectionConverters.asScala(List.of(run(BarrierTaskContext.get(), CollectionConverters.asJava(rows))).iterator());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Spark has ended this rank", e);
        }
    }

    private Outcome run(BarrierTaskContext context, Iterator<Row> rows) throws InterruptedException {
        Torch.setNumThreads(threads());
        int rank = context.partitionId(), ranks = context.getTaskInfos().length;
        try (Store store = meet(context, rank)) {
            Outcome own = null;
            DistributedException lost = null;
            try (var group = ProcessGroup.of(store, rank, ranks, ProcessGroup.Options.standard().timeout(options.timeout()))) {
                own = Outcome.of(rank, program.run(new Rank(group, schema, rows, options.uneven(), context)));
            } catch (DistributedException e) {
                lost = e;
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                own = Outcome.failed(rank, e);
            }
            return agree(context, own, lost);
        }
    }

    static int threads() { return Math.max(1, SparkEnv.get().conf().getInt("spark.task.cpus", 1)); }

    /** Opens the store: rank 0 serves it on a free port, and Spark tells the others where. */
    private Store meet(BarrierTaskContext context, int rank) throws InterruptedException {
        String host = host(context.getTaskInfos()[0].address());
        Store served = null;
        DistributedException problem = null;
        if (rank == 0) {
            try {
                served = Store.tcp(host, 0, true, options.timeout());
            } catch (DistributedException e) {
                problem = e;
            }
        }
        try {
            String told = context.allGather(served == null ? "" : Integer.toString(served.port()))[0];
            if (problem != null) throw problem;
            if (told.isEmpty()) throw new IllegalStateException("rank 0 could not serve a store on " + host);
            return served != null ? served : Store.tcp(host, Integer.parseInt(told), false, options.timeout());
        } catch (RuntimeException | Error e) {
            if (served != null) served.close();
            throw e;
        }
    }

    /** Returns the host of Spark's {@code host:port}, whose IPv6 address is in brackets. */
    static String host(String address) {
        String host = address.contains(":") ? address.substring(0, address.lastIndexOf(':')) : address;
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /**
     * Tells the other ranks how this one has ended. If a program failed by itself, that is the outcome of all, and another attempt would be
     * no use. If ranks only missed each other, the exception makes Spark try again.
     */
    private static Outcome agree(BarrierTaskContext context, @Nullable Outcome own, @Nullable DistributedException lost) {
        String state = own == null ? LOST : own.failure() != null ? FAILED : DONE;
        List<String> all = Arrays.asList(context.allGather(state));
        if (own != null && (own.failure() != null || !all.contains(LOST))) return own;
        if (all.contains(FAILED)) return Outcome.of(context.partitionId(), null);
        throw lost != null ? lost : new IllegalStateException("rank " + all.indexOf(LOST) + " has lost another rank");
    }
}
