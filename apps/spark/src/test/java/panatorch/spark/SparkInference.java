package panatorch.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import panatorch.DType;
import panatorch.InferenceMode;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Linear;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.serialize.Safetensors;
import panatorch.serialize.StateDicts;

/**
 * Times the inference of 1 M rows of 16 features from Parquet files: {@link Ranks#predict} on all cores of this machine against one thread
 * that reads the same rows from Spark and runs the same model, in turn. Started by {@code native-tests/bench/run distributed-spark}.
 */
final class SparkInference {
    private SparkInference() {}

    private static final int ROWS = 1_000_000, FEATURES = 16, BATCH = 1024;
    private static final String[] NAMES = IntStream.range(0, FEATURES).mapToObj(i -> "f" + i).toArray(String[]::new);

    /** A side of the comparison, which returns the sum of all scores. */
    @FunctionalInterface
    private interface Side {
        double run() throws Exception;
    }

    static void main(String... args) throws Exception {
        int pairs = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        Path folder = Files.createTempDirectory("panatorch-spark");
        int cores = Runtime.getRuntime().availableProcessors();
        SparkSession spark = Sessions.local(cores);
        try {
            spark.range(0, ROWS, 1, 8).selectExpr(
                    Arrays.stream(NAMES).map(n -> "cast(randn(" + n.substring(1) + ") as float) as " + n).toArray(String[]::new)).write()
                    .parquet(folder + "/rows");
            Path weights = folder.resolve("net.safetensors");
            Torch.manualSeed(0);
            try (var net = net()) {
                Safetensors.save(weights, net.stateDict(), Map.of());
            }
            Dataset<Row> rows = spark.read().parquet(folder + "/rows");
            var predictor = Predictor.of(ModelFile.weights(weights.toString(), SparkInference::net,
                    m -> m.input("x", DType.FLOAT32, "batch", FEATURES).output("y", DType.FLOAT32, "batch", 1))).input(NAMES)
                    .output("y", DataTypes.FloatType).batch(BATCH);
            Side onSpark = () -> Ranks.predict(rows, predictor).selectExpr("sum(cast(y as double))").first().getDouble(0);
            Side oneThread = () -> oneThread(rows.toLocalIterator(), weights);
            Side reading =
                    () -> rows.selectExpr(String.join(" + ", NAMES) + " as s").selectExpr("sum(cast(s as double))").first().getDouble(0);
            System.out.printf("%d rows × %d features, %d cores, a perceptron of 16, 64 and 1 units, batches of %d%n", ROWS, FEATURES, cores,
                    BATCH);
            seconds(onSpark);
            seconds(oneThread); // both are warm from here on
            var ratios = new ArrayList<Double>();
            for (int i = 0; i < pairs; i++) {
                double a = seconds(onSpark), b = seconds(oneThread), read = seconds(reading);
                ratios.add(a / b);
                System.out.printf(Locale.ROOT, "Ranks.predict %.2f s, one thread %.2f s, ratio %.2f; Parquet alone, in columns, %.2f s%n",
                        a, b,
                        a / b, read);
            }
            ratios.sort(null);
            System.out.printf(Locale.ROOT, "ratio: min %.2f, median %.2f, max %.2f%n", ratios.getFirst(), ratios.get(pairs / 2),
                    ratios.getLast());
            double a = onSpark.run(), b = oneThread.run();
            if (Math.abs(a - b) > 1e-6 * ROWS) throw new IllegalStateException("the sums of the scores differ: " + a + " and " + b);
        } finally {
            spark.stop();
            try (var files = Files.walk(folder)) {
                for (Path p : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(p);
            }
        }
    }

    private static Sequential net() { return new Sequential(new Linear(FEATURES, 64), new ReLU(), new Linear(64, 1)); }

    private static double seconds(Side side) throws Exception {
        long begin = System.nanoTime();
        side.run();
        return (System.nanoTime() - begin) / 1e9;
    }

    private static double oneThread(Iterator<Row> rows, Path weights) throws Exception {
        double sum = 0;
        var values = new float[BATCH * FEATURES];
        try (var outer = Scope.open(); var net = net(); var off = InferenceMode.enter()) {
            net.loadStateDict(StateDicts.load(weights));
            net.eval();
            while (rows.hasNext()) {
                int n = 0;
                for (; n < BATCH && rows.hasNext(); n++) {
                    Row row = rows.next();
                    for (int c = 0; c < FEATURES; c++) values[n * FEATURES + c] = row.getFloat(c);
                }
                try (var scope = Scope.open()) {
                    Tensor x = Torch.tensor(n == BATCH ? values : Arrays.copyOf(values, n * FEATURES), n, FEATURES);
                    sum += net.call(x).to(DType.FLOAT64).sum().itemDouble();
                }
            }
        }
        return sum;
    }
}
