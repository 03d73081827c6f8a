package example;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
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
import panatorch.spark.ModelFile;
import panatorch.spark.Predictor;
import panatorch.spark.Rank;
import panatorch.spark.RankOptions;
import panatorch.spark.Ranks;
import panatorch.spark.RowBatch;
import panatorch.train.Checkpointing;
import panatorch.train.Objective;
import panatorch.train.Trainer;
import panatorch.train.Uneven;

/**
 * Reads points from Parquet files, trains a network on two ranks to tell whether a point lies in a circle, and scores new points. The
 * arguments are a folder that all executors share, and the number of epochs, 20 by default. The folder gets the Parquet files, if it has
 * none, and the checkpoints, from which another run goes on.
 */
public final class TrainAndScore {
    private TrainAndScore() {}

    public static void main(String... args) {
        if (args.length == 0) throw new IllegalArgumentException("usage: TrainAndScore FOLDER [EPOCHS]");
        String folder = args[0];
        int epochs = args.length > 1 ? Integer.parseInt(args[1]) : 20;
        var builder = SparkSession.builder().appName("TrainAndScore");
        if (System.getProperty("spark.master") == null) builder.master("local[2]");
        SparkSession spark = builder.getOrCreate();
        try {
            if (Files.notExists(Path.of(folder, "train"))) {
                points(spark, 4000, 1).write().parquet(folder + "/train");
                points(spark, 2000, 7).write().parquet(folder + "/new");
            }

            Dataset<Row> train = spark.read().parquet(folder + "/train");
            List<Double> losses = Ranks.train(train, 2, RankOptions.standard().order("id").uneven(Uneven.SHORTEST),
                    rank -> train(rank, Path.of(folder, "run"), epochs));
            System.out.println("loss of the last epoch, as each rank has it: " + losses);

            var classifier = Predictor.of(ModelFile.weights(folder + "/run/" + Checkpointing.BEST, TrainAndScore::network,
                    model -> model.input("point", DType.FLOAT32, "batch", 2).output("logits", DType.FLOAT32, "batch", 2)))
                    .input("x", "y").then(outputs -> List.of(outputs.getFirst().softmax(1).select(1, 1), outputs.getFirst().argmax(1)))
                    .output("probability", DataTypes.FloatType).output("predicted", DataTypes.LongType);
            Dataset<Row> scored = Ranks.predict(spark.read().parquet(folder + "/new"), classifier);
            scored.show(5);
            System.out.println("accuracy on new points: " + scored.selectExpr("avg(int(predicted = inside))").first().getDouble(0));
        } finally {
            spark.stop();
        }
    }

    private static Sequential network() {
        return new Sequential(new Linear(2, 32), new ReLU(), new Linear(32, 32), new ReLU(), new Linear(32, 2));
    }

    /** One rank. After an executor was lost, it goes on from the last checkpoint. */
    private static double train(Rank rank, Path run, int epochs) throws Exception {
        Torch.manualSeed(0);
        try (var scope = Scope.open(); var net = network(); var adam = new Adam(net.parameters(), Adam.options(0.01))) {
            RowBatch rows = rank.table();
            var data = TensorDataset.of(rows.columns(DType.FLOAT32, "x", "y"), rows.column(DType.INT64, "inside"), List.of());
            var files = new Checkpointing(run);
            try (var trainer = Trainer.of(net, adam, Objective.of(CrossEntropy::crossEntropy)).distributed(rank.group()).callbacks(files)
                    .build()) {
                Path last = files.last();
                if (last != null) trainer.load(last);
                trainer.fit(DataLoader.of(data, 64).shuffle().seed(1).build(), epochs);
                return trainer.history().getLast().train().get("loss");
            }
        }
    }

    /** Points of a square, and 1 for each in the circle that covers half of it. */
    private static Dataset<Row> points(SparkSession spark, long count, int seed) {
        return spark.range(count).selectExpr("id", "2 * rand(" + seed + ") - 1 as x", "2 * rand(" + (seed + 1) + ") - 1 as y")
                .selectExpr("*", "cast(x * x + y * y < 2 / pi() as bigint) as inside");
    }
}
