package panatorch.spark;

import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import panatorch.distributed.DistributedException;
import scala.reflect.ClassTag$;

/**
 * Trains and applies models in Spark's executors.
 *
 * <pre>{@code
 * List<Double> losses = Ranks.train(rows, 4, RankOptions.standard(), rank -> {
 *     RowBatch mine = rank.table();                          // this rank's part of the rows
 *     Tensor x = mine.columns(DType.FLOAT32, "age", "income"), y = mine.column(DType.INT64, "label");
 *     …                                                      // a training loop, or a Trainer with distributed(rank.group())
 *     return loss;
 * });
 * Dataset<Row> scored = Ranks.predict(rows, Predictor.of(ModelFile.program("/shared/model.pt2")).input("age", "income")
 *         .output("score", DataTypes.FloatType));
 * }</pre>
 *
 * <p>
 * The methods run on Spark's driver; any thread may call them. What they are given is serialised and sent to the executors, so lambdas must
 * not hold objects that cannot be.
 */
public final class Ranks {
    private Ranks() {}

    /**
     * What each rank of a training does.
     *
     * @param <R> type of the result, which is serialised
     */
    @FunctionalInterface
    public interface Program<R extends @Nullable Object> extends Serializable {
        /**
         * Runs one rank, on the thread of a Spark task. A second attempt after a lost executor calls it again, on all ranks, so it should
         * go on from a checkpoint.
         *
         * @throws DistributedException if another rank is lost, which Spark answers with another attempt
         * @throws Exception any other, which ends the training on all ranks without another attempt
         */
        R run(Rank rank) throws Exception;
    }

    /**
     * Runs a program on several ranks at once, in a barrier stage of Spark: rank r is the task of partition r. Each rank has a
     * {@linkplain Rank#group group} of all, over Gloo and on the CPU, and its part of the rows.
     *
     * <p>
     * Spark starts the ranks when it has a free task slot for each of them. If an executor is lost, Spark runs all ranks anew, up to
     * {@code spark.stage.maxConsecutiveAttempts} times, which is 4 unless it is set. The new ranks get the same rows, and in the same order
     * if {@link RankOptions#order} is set.
     *
     * <p>
     * Operators use as many threads as {@code spark.task.cpus} says, in the whole executor and from then on.
     *
     * @param rows the rows, which are divided among the ranks
     * @param ranks number of ranks
     * @return the results of the ranks, in their order
     * @throws IllegalArgumentException if the number of ranks is not positive, greater than that of this process's task slots in local
     * mode, or not that of the partitions if the rows are to stay in theirs, or if a column of the order is missing
     * @throws IllegalStateException if a program failed; the message names the rank, and the cause is its exception
     */
    public static <R extends @Nullable Object> List<R> train(Dataset<Row> rows, int ranks, RankOptions options, Program<R> program) {
        Dataset<Row> parts = divide(rows, ranks, options);
        RDD<Outcome> outcomes = parts.rdd().barrier().mapPartitions(new BarrierTask(parts.schema(), options, program), false,
                ClassTag$.MODULE$.apply(Outcome.class));
        // Spark does not repeat a barrier stage whose results go to the driver, but one with a shuffle behind it.
        List<Outcome> all = outcomes.toJavaRDD().repartition(1).collect();
        for (Outcome o : all)
            if (o.failure() != null) throw new IllegalStateException("Rank " + o.rank() + " failed: " + o.failure(), o.cause());
        return all.stream().sorted(Comparator.comparingInt(Outcome::rank)).map(o -> Ranks.<R>result(o)).toList();
    }

    /** A result is null only if the program has returned null, which its type then allows. */
    @SuppressWarnings({"unchecked", "NullAway"}) private static <R extends @Nullable Object> R result(Outcome o) {
        return (R) o.result();
    }

    private static Dataset<Row> divide(Dataset<Row> rows, int ranks, RankOptions options) {
        if (ranks < 1) throw new IllegalArgumentException("the number of ranks must be at least 1, not " + ranks);
        var context = rows.sparkSession().sparkContext();
        if (context.isLocal() && !context.getConf().contains("spark.default.parallelism") && ranks > context.defaultParallelism())
            throw new IllegalArgumentException(ranks + " ranks need as many task slots, but " + context.master() + " has "
                    + context.defaultParallelism() + ". Set the master to local[" + ranks + "].");
        StructType schema = rows.schema();
        options.order().forEach(name -> RowBatch.index(schema, name));
        Dataset<Row> parts = rows;
        if (!options.partitioned()) parts = rows.repartition(ranks);
        else
            if (rows.rdd().getNumPartitions() != ranks)
                throw new IllegalArgumentException("the rows have " + rows.rdd().getNumPartitions() + " partitions, but there are " + ranks
                        + " ranks. Leave RankOptions.inPartitions out, and the rows are divided anew.");
        return options.order().isEmpty()
                ? parts
                : parts.sortWithinPartitions(options.order().stream().map(name -> functions.col("`" + name + "`")).toArray(Column[]::new));
    }

    /**
     * Applies a model to rows, and appends its outputs as columns. Each executor loads the model once, whatever number of its tasks run,
     * and closes it when the executor ends or another model takes its place.
     *
     * <p>
     * Operators use as many threads as {@code spark.task.cpus} says, in the whole executor and from then on. As everything in Spark, the
     * model runs when the result is used, and again each time unless it is cached.
     *
     * @return the columns of {@code rows}, followed by those of the outputs
     * @throws IllegalArgumentException if a column is missing or of a wrong type, or an output has the name of a column. What only the
     * rows' values show, such as a null, makes the task fail, with the column and the row in the message.
     */
    public static Dataset<Row> predict(Dataset<Row> rows, Predictor predictor) {
        StructType schema = predictor.resultSchema(rows.schema());
        ExecutorModels.closeWith(rows.sparkSession().sparkContext());
        return rows.mapPartitions(new PredictTask(rows.schema(), predictor), Encoders.row(schema));
    }
}
