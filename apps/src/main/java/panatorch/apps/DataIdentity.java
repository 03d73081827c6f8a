package panatorch.apps;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
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
import panatorch.datasets.Dataset;

/**
 * The data of a run, so that runs on different data are never taken for repetitions of one another. Wherever a set lies, its identity is the same.
 *
 * @param dataset as {@code --dataset} names it; @param train the number of training items, limits applied; {@code test} likewise
 * @param trainPrint fingerprint of the classes, of all labels, and of some items; of a folder, of all names of files and some of their sizes
 */
record DataIdentity(String dataset, int train, int test, int classes, String trainPrint, String testPrint) {
    private static final int ITEMS = 64, SIZES = 1024;

    static DataIdentity of(Job job) {
        return new DataIdentity(job.dataset().toString(), job.train().size(), job.test().size(), job.test().classes(), print(job.train(), job.dataset()), print(job.test(), job.dataset()));
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
            try (var batch = some.batch(i)) {
                digest.update(batch.input().data().asByteBuffer());
            }
        }
    }

    /** By their names in their classes' folders: the pixels are scaled to what a run asks for. */
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
            return -1; // whoever reads it complains
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- of runs that are compared

    /** Of sets without a fingerprint, those that lie wherever the user has them, and so are told by that. */
    private static final Set<String> OF_THE_USER = Set.of("folder", "sst2");

    /** As {@code metrics.json} has it. Runs of older versions say no more than their options: no numbers, and where the data lay in the place of fingerprints. */
    static DataIdentity of(JsonNode metrics) {
        JsonNode data = metrics.path("data"), config = metrics.path("config");
        String set = data.path("dataset").asText(config.path("dataset").asText("an unnamed data set"));
        if (data.isObject()) return new DataIdentity(set, data.path("train").asInt(), data.path("test").asInt(), data.path("classes").asInt(), data.path("trainPrint").asText(), data.path("testPrint").asText());
        String where = OF_THE_USER.contains(set) ? config.path("data").asText() : "";
        return new DataIdentity(set, config.path("limitTrain").asInt(-1), config.path("limitTest").asInt(-1), -1, where, where);
    }

    /** Names the first thing in which the data of two runs differ; null if they are the same. */
    @Nullable String difference(DataIdentity other) {
        if (!dataset.equals(other.dataset)) return "the data set";
        if ((classes < 0) != (other.classes < 0)) return "what they say of their data: some runs were made before runs kept that, so it is unknown whether it is the same";
        if (classes != other.classes) return "the number of classes";
        if (test != other.test) return "the number of test items";
        if (!testPrint.equals(other.testPrint)) return "the test items, of which there are equally many";
        if (train != other.train) return "the number of training items; the test items are the same";
        return trainPrint.equals(other.trainPrint) ? null : "the training items, of which there are equally many; the test items are the same";
    }

    /** For people. */
    String describe() {
        String set = Printable.line(dataset);
        return classes < 0 ? set + (testPrint.isEmpty() ? "" : " in " + Printable.line(testPrint)) + (train < 0 && test < 0 ? "" : ", limited to " + count(train) + " for training and " + count(test) + " for testing")
                : set + ", " + count(train) + " items for training, " + count(test) + " for testing, " + Counted.of(classes, "class", "classes");
    }

    private static String count(int n) { return n < 0 ? "all" : String.format(Locale.ROOT, "%,d", n); }
}
