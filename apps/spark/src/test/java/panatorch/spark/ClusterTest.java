package panatorch.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.datasets.DataLoader;
import panatorch.datasets.TensorDataset;
import panatorch.nn.Linear;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Adam;
import panatorch.serialize.Safetensors;
import panatorch.train.Callback;
import panatorch.train.Checkpointing;
import panatorch.train.Objective;
import panatorch.train.Trainer;
import panatorch.train.Uneven;

/** Two executors that are processes of their own. */
@EnabledOnOs(OS.LINUX)
@Timeout(1500)
class ClusterTest {
    private static final int EPOCHS = 6, KILLED_IN = 3;
    private static SparkSession spark;

    @TempDir
    Path folder;

    @BeforeAll static void start() { spark = Sessions.cluster(); }

    @AfterAll static void stop() { spark.stop(); }

    private static Sequential net() { return new Sequential(new Linear(2, 16), new ReLU(), new Linear(16, 2)); }

    /** Ends the process of rank 1 in an epoch of the first attempt. */
    private record Killing(Rank rank, boolean active) implements Callback {
        @Override public void epochStart(Trainer trainer) {
            if (active && rank.rank() == 1 && rank.attempt() == 0 && trainer.epoch() == KILLED_IN) Runtime.getRuntime().halt(137);
        }
    }

    /** Returns the attempt, the epoch that it went on from, and the weights of each rank. */
    private static List<String> trained(String folder, boolean kills) {
        Dataset<Row> rows = spark.range(0, 320, 1, 4).selectExpr("id", "rand(1) as a", "rand(2) as b")
                .selectExpr("id", "a", "b", "cast((a - 0.5) * (b - 0.5) > 0 as int) as label");
        return Ranks.train(rows, 2, RankOptions.standard().order("id").uneven(Uneven.SHORTEST), rank -> {
            Torch.manualSeed(1);
            try (var scope = Scope.open(); var net = net(); var adam = new Adam(net.parameters(), Adam.options(0.01))) {
                RowBatch mine = rank.table();
                var data = TensorDataset.of(mine.columns(DType.FLOAT32, "a", "b"), mine.column(DType.INT64, "label"), List.of());
                var files = new Checkpointing(Path.of(folder));
                try (var trainer = Trainer.of(net, adam, Objective.of(CrossEntropy::crossEntropy)).distributed(rank.group())
                        .callbacks(files, new Killing(rank, kills)).build()) {
                    Path last = files.last();
                    if (last != null) trainer.load(last);
                    long from = trainer.history().size();
                    trainer.fit(DataLoader.of(data, 32).shuffle().seed(1).build(), EPOCHS);
                    var sum = new StringBuilder();
                    net.stateDict().forEach((name, t) -> sum.append(name).append(Arrays.toString(t.toFloatArray())));
                    return rank.attempt() + "\t" + from + "\t" + sum;
                }
            }
        });
    }

    @Test void a_stage_that_lost_an_executor_goes_on_from_the_checkpoint_to_the_same_weights() {
        List<String[]> undisturbed = trained(folder.resolve("undisturbed").toString(), false).stream().map(s -> s.split("\t")).toList();
        List<String[]> killed = trained(folder.resolve("killed").toString(), true).stream().map(s -> s.split("\t")).toList();
        for (int r = 0; r < 2; r++) {
            assertThat(undisturbed.get(r)).startsWith("0", "0");
            assertThat(killed.get(r)).startsWith("1", Integer.toString(KILLED_IN - 1));
            assertThat(killed.get(r)[2]).contains("0.weight").isEqualTo(undisturbed.get(0)[2]);
        }
    }

    @Test void each_executor_loads_the_model_once_and_answers_as_one_process_does() throws Exception {
        Path weights = folder.resolve("net.safetensors");
        Torch.manualSeed(3);
        var loads = spark.sparkContext().<String>collectionAccumulator("loads");
        var tasks = spark.sparkContext().<String>collectionAccumulator("tasks");
        Dataset<Row> rows = spark.range(0, 4096, 1, 8).selectExpr("id", "cast(sin(id) as float) as a", "cast(cos(id) as float) as b");
        try (var scope = Scope.open(); var net = net()) {
            Safetensors.save(weights, net.stateDict(), Map.of());
            ModelFile counted = ModelFile.of(weights.toString(), file -> {
                loads.add(Long.toString(ProcessHandle.current().pid()));
                return ModelFile.weights(file.toString(), ClusterTest::net, m -> m.input("x", DType.FLOAT32, "batch", 2)
                        .output("y", DType.FLOAT32, "batch", 2)).load();
            });
            var predictor = Predictor.of(counted).input("a", "b").then(out -> {
                tasks.add(Long.toString(ProcessHandle.current().pid()));
                return out;
            }).output("y", DataTypes.createArrayType(DataTypes.FloatType)).batch(256);
            var scored = new ArrayList<>(Ranks.predict(rows, predictor).collectAsList()); // a sort by Spark would run the model twice
            scored.sort(Comparator.comparingLong(r -> r.getLong(0)));
            var executors = new HashSet<>(tasks.value());
            assertThat(executors).isNotEmpty().doesNotContain(Long.toString(ProcessHandle.current().pid()));
            assertThat(loads.value()).containsExactlyInAnyOrderElementsOf(executors);
            assertThat(tasks.value()).hasSize(16); // 8 partitions of 2 batches
            float[] expected = net.eval().call(new RowBatch(rows.schema(), rows.orderBy("id").collectAsList(), 0, 0).columns(DType.FLOAT32,
                    "a", "b")).toFloatArray();
            assertThat(scored).hasSize(4096);
            for (int i = 0; i < 4096; i++) {
                List<Float> y = scored.get(i).getList(3);
                assertThat(y.get(0)).isEqualTo(expected[2 * i], within(1e-6f));
                assertThat(y.get(1)).isEqualTo(expected[2 * i + 1], within(1e-6f));
            }
        }
    }
}
