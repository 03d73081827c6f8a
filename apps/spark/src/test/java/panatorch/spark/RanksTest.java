package panatorch.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Linear;
import panatorch.nn.parallel.DataParallel;
import panatorch.optim.SGD;
import panatorch.train.Uneven;

/** Two ranks in the tasks of this process. */
@Timeout(300)
class RanksTest {
    private static final int STEPS = 20;
    private static SparkSession spark;

    @BeforeAll static void start() { spark = Sessions.local(2); }

    @AfterAll static void stop() { spark.stop(); }

    private static Dataset<Row> points(long count) {
        return spark.range(0, count, 1, 2).selectExpr("id", "rand(1) as a", "rand(2) as b").selectExpr("id", "a", "b",
                "3 * a - b + 1 as y");
    }

    /** Two weights and a bias after some steps of gradient descent. */
    private static double[] fitted(RowBatch rows, DataParallel parallel, Linear net, SGD sgd) throws InterruptedException {
        for (int i = 0; i < STEPS; i++) {
            try (var scope = Scope.open()) {
                Tensor x = rows.columns(DType.FLOAT64, "a", "b"), y = rows.column(DType.FLOAT64, "y");
                sgd.zeroGrad();
                if (parallel != null) parallel.beforeForward();
                Tensor loss = net.call(x).squeeze(1).sub(y).pow(2).mean();
                if (parallel != null) parallel.backward(loss);
                else loss.backward();
                sgd.step();
            }
        }
        return values(net);
    }

    private static double[] values(Linear net) {
        try (var scope = Scope.open()) {
            return Aten.cat(List.of(net.weight().detach().view(-1), net.bias().detach())).toDoubleArray();
        }
    }

    private static Linear seeded(int seed) {
        Torch.manualSeed(seed);
        var net = new Linear(2, 1);
        net.to(DType.FLOAT64);
        return net;
    }

    @Test void two_ranks_of_half_the_rows_end_with_the_weights_of_one_process_with_all() throws Exception {
        List<double[]> ranks = Ranks.train(points(400), 2, RankOptions.standard().uneven(Uneven.SHORTEST), rank -> {
            RowBatch rows = rank.table();
            assertThat(rows.size()).isEqualTo(200);
            try (var net = new Linear(2, 1)) {
                net.to(DType.FLOAT64);
                try (var scope = Scope.open()) {
                    net.weight().detach().fill_(0.25 * rank.rank());
                    net.bias().detach().fill_(rank.rank()); // which rank 0's take the place of
                }
                try (var parallel = DataParallel.of(net, rank.group()); var sgd = new SGD(net.parameters(), SGD.options(0.3))) {
                    return fitted(rows, parallel, net, sgd);
                }
            }
        });
        List<Row> all = points(400).collectAsList();
        try (var net = seeded(0)) {
            try (var scope = Scope.open()) {
                net.weight().detach().fill_(0);
                net.bias().detach().fill_(0);
            }
            try (var sgd = new SGD(net.parameters(), SGD.options(0.3))) {
                double[] alone = fitted(new RowBatch(points(400).schema(), all, 0, 0), null, net, sgd);
                assertThat(ranks.get(0)).isEqualTo(ranks.get(1)).containsExactly(alone, within(1e-12));
            }
        }
    }

    @Test void results_are_in_the_order_of_the_ranks_and_a_rank_gets_the_rows_of_its_partition() {
        List<String> results = Ranks.train(spark.range(0, 6, 1, 2).toDF(), 2, RankOptions.standard().inPartitions(),
                rank -> rank.rank() + " of " + rank.ranks() + " attempt " + rank.attempt() + " has "
                        + List.of(rank.table().column(DType.INT64, "id").toLongArray()[0]));
        assertThat(results).containsExactly("0 of 2 attempt 0 has [0]", "1 of 2 attempt 0 has [3]");
    }

    @Test void rows_come_in_the_given_order() {
        List<long[]> ids = Ranks.train(spark.range(0, 100, 1, 3).selectExpr("99 - id as id"), 2,
                RankOptions.standard().uneven(Uneven.SHORTEST).order("id"), rank -> {
                    try (var scope = Scope.open()) {
                        return rank.table().column(DType.INT64, "id").toLongArray();
                    }
                });
        assertThat(ids.get(0)).isSorted().hasSizeBetween(47, 50);
        assertThat(ids.get(1)).isSorted().doesNotContain(ids.get(0));
    }

    @Test void different_numbers_of_rows_are_an_error_with_both() {
        assertThatIllegalStateException().isThrownBy(
                () -> Ranks.train(spark.range(0, 11, 1, 2).toDF(), 2, RankOptions.standard().inPartitions(), rank -> rank.table().size()))
                .withMessageContaining("rank 0 has 5, and rank 1 has 6").withCauseInstanceOf(IllegalArgumentException.class);
    }

    @Test void different_numbers_of_rows_can_be_cut_to_the_fewest() {
        assertThat(Ranks.train(spark.range(0, 11, 1, 2).toDF(), 2, RankOptions.standard().inPartitions().uneven(Uneven.SHORTEST),
                rank -> rank.table().size())).containsExactly(5, 5);
    }

    @Test void a_program_that_fails_is_not_repeated_and_its_rank_is_named() {
        var starts = spark.sparkContext().longAccumulator("starts");
        assertThatIllegalStateException().isThrownBy(() -> Ranks.train(points(10), 2, RankOptions.standard(), rank -> {
            starts.add(1);
            if (rank.rank() == 1) throw new UnsupportedOperationException("no such thing");
            rank.group().barrier(); // waits for rank 1
            return 0;
        })).withMessage("Rank 1 failed: java.lang.UnsupportedOperationException: no such thing")
                .withCauseInstanceOf(UnsupportedOperationException.class);
        assertThat(starts.value()).isEqualTo(2);
    }

    @Test void more_ranks_than_task_slots_are_refused_at_once() {
        assertThatIllegalArgumentException().isThrownBy(() -> Ranks.train(points(10), 3, RankOptions.standard(), _ -> 0))
                .withMessageContaining("3 ranks need as many task slots").withMessageContaining("local[3]");
    }

    @Test void wrong_arguments_are_refused_before_anything_runs() {
        assertThatIllegalArgumentException().isThrownBy(() -> Ranks.train(points(10), 0, RankOptions.standard(), _ -> 0))
                .withMessageContaining("at least 1, not 0");
        assertThatIllegalArgumentException().isThrownBy(() -> Ranks.train(points(10), 1, RankOptions.standard().order("time"), _ -> 0))
                .withMessageContaining("no column 'time'").withMessageContaining("[id, a, b, y]");
        assertThatIllegalArgumentException().isThrownBy(() -> Ranks.train(points(10), 1, RankOptions.standard().inPartitions(), _ -> 0))
                .withMessageContaining("have 2 partitions, but there are 1 ranks");
    }

    @Test void a_host_is_the_part_before_the_port() {
        assertThat(List.of(BarrierTask.host("node1:4711"), BarrierTask.host("[::1]:4711"), BarrierTask.host("node1")))
                .containsExactly("node1", "::1", "node1");
    }
}
