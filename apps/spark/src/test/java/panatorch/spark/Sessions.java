package panatorch.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** Spark in this process, or in processes of its own on this machine. */
final class Sessions {
    private Sessions() {}

    static SparkSession local(int slots) {
        return builder("local[" + slots + "]").getOrCreate();
    }

    /** Returns two executors of one slot each, which have this process's class path. */
    static SparkSession cluster() {
        makeHome(Path.of(System.getenv("SPARK_HOME")));
        return builder("local-cluster[2,1,1024]").config("spark.executor.memory", "768m")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.extraJavaOptions", "--enable-native-access=ALL-UNNAMED")
                .config("spark.executorEnv.JAVA_HOME", System.getProperty("java.home"))
                .config("spark.executorEnv.OMP_NUM_THREADS", "1").config("spark.executorEnv.TORCH_CPP_LOG_LEVEL", "FATAL")
                .getOrCreate();
    }

    /** Spark looks into its home before it starts an executor, even if the class path has all of it. */
    private static void makeHome(Path home) {
        try {
            Files.createDirectories(home.resolve("jars"));
            Files.writeString(home.resolve("RELEASE"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SparkSession.Builder builder(String master) {
        return SparkSession.builder().appName("panatorch").master(master).config("spark.ui.enabled", false)
                .config("spark.sql.shuffle.partitions", 2).config("spark.sql.warehouse.dir", "target/warehouse")
                .config("spark.log.level", "ERROR");
    }
}
