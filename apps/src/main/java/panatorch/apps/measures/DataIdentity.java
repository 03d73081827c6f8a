package panatorch.apps.measures;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.Counted;
import panatorch.apps.console.Printable;
import panatorch.apps.options.DatasetName;
import panatorch.datasets.Dataset;

/**
 * Identifies the data of a run, so that runs on different data are not compared as if they were repetitions. It does not depend on where
 * the files lie.
 *
 * @param dataset name of the data set, as {@code --dataset} has it
 * @param train number of training items that are used; −1 if unknown
 * @param test number of test items that are used; −1 if unknown
 * @param classes number of classes; −1 for runs of versions that did not record it
 * @param trainPrint fingerprint of the training items: classes, all labels and some items, or for a folder all file names and some sizes
 * @param testPrint fingerprint of the test items
 */
public record DataIdentity(String dataset, int train, int test, int classes, String trainPrint, String testPrint) {
    private static final int ITEMS = 64, SIZES = 1024;

    /** Identifies the data of a run by reading some of it. */
    public static DataIdentity of(DatasetName name, Dataset train, Dataset test) {
        return new DataIdentity(name.toString(), train.size(), test.size(), test.classes(), print(train, name), print(test, name));
    }

    private static String print(Dataset set, DatasetName name) {
        MessageDigest digest = sha256();
        digest.update(String.join("\0", set.classNames()).getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < set.size(); i++) {
            int label = set.label(i);
            digest.update(new byte[] {(byte) label, (byte) (label >> 8), (byte) (label >> 16)});
        }
        if (name == DatasetName.FOLDER) files(set, digest);
        else items(set, digest);
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }

    private static void items(Dataset set, MessageDigest digest) {
        Dataset some = set.spaced(ITEMS);
        for (int i = 0; i < some.size(); i++) {
            try (var batch = some.batch(i); var arena = Arena.ofConfined()) {
                digest.update(batch.input().data(arena).asByteBuffer());
            }
        }
    }

    /** Adds files by name and size. Pixels do not count, because they depend on the size to which a run scales them. */
    private static void files(Dataset set, MessageDigest digest) {
        for (int i = 0; i < set.size(); i++) {
            String path = set.name(i);
            digest.update(path.substring(path.lastIndexOf('/', path.lastIndexOf('/') - 1) + 1).getBytes(StandardCharsets.UTF_8));
        }
        Dataset some = set.spaced(SIZES);
        for (int i = 0; i < some.size(); i++) digest.update(Long.toString(size(some.name(i))).getBytes(StandardCharsets.UTF_8));
    }

    private static long size(String file) {
        try {
            return Files.size(Path.of(file));
        } catch (IOException | InvalidPathException e) {
            return -1; // reading the file will report it
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- comparing runs

    /** Data sets that runs without a fingerprint are told apart by their folder, because it may hold anything. */
    private static final Set<String> OF_THE_USER = Set.of("folder", "sst2");

    /**
     * Reads the identity from {@code metrics.json}. Runs of older versions have no fingerprints: their limits and their folder take the
     * place.
     */
    public static DataIdentity of(JsonNode metrics) {
        JsonNode data = metrics.path("data"), config = metrics.path("config");
        String set = data.path("dataset").asText(config.path("dataset").asText("an unnamed data set"));
        if (data.isObject())
            return new DataIdentity(set, data.path("train").asInt(), data.path("test").asInt(), data.path("classes").asInt(),
                    data.path("trainPrint").asText(), data.path("testPrint").asText());
        String where = OF_THE_USER.contains(set) ? config.path("data").asText() : "";
        return new DataIdentity(set, config.path("limitTrain").asInt(-1), config.path("limitTest").asInt(-1), -1, where, where);
    }

    /** Names the first thing in which the data of two runs differ; null if they are the same. */
    public @Nullable String difference(DataIdentity other) {
        if (!dataset.equals(other.dataset)) return "the data set";
        if ((classes < 0) != (other.classes < 0))
            return "what they say of their data: some runs were made before runs kept that, so it is unknown whether it is the same";
        if (classes != other.classes) return "the number of classes";
        if (test != other.test) return "the number of test items";
        if (!testPrint.equals(other.testPrint)) return "the test items, of which there are equally many";
        if (train != other.train) return "the number of training items; the test items are the same";
        return trainPrint.equals(other.trainPrint) ? null
                : "the training items, of which there are equally many; the test items are the same";
    }

    /** Describes the data for the user. */
    public String describe() {
        String set = Printable.line(dataset);
        return classes < 0
                ? set + (testPrint.isEmpty() ? "" : " in " + Printable.line(testPrint))
                        + (train < 0 && test < 0 ? ""
                                : ", limited to " + count(train) + " for training and " + count(test) + " for testing")
                : set + ", " + count(train) + " items for training, " + count(test) + " for testing, "
                        + Counted.of(classes, "class", "classes");
    }

    private static String count(int n) { return n < 0 ? "all" : String.format(Locale.ROOT, "%,d", n); }
}
