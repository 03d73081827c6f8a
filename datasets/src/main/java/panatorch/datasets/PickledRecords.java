package panatorch.datasets;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import panatorch.internal.pickle.Pickle;

/**
 * Converts CIFAR's Python version into records of the binary version. A file is a pickled dict of {@code data}, uint8 {@code [N, 3072]},
 * and a list for each kind of label (Krizhevsky's cifar.html). The published files are from Python 2; files that Python 3 pickled again are
 * read, too.
 */
final class PickledRecords {
    private PickledRecords() {}

    /** Returns whether the bytes are a pickle of protocol 2 to 5; no record begins like one. */
    static boolean recognises(MemorySegment bytes) {
        if (bytes.byteSize() < 2 || bytes.get(ValueLayout.JAVA_BYTE, 0) != (byte) 0x80) return false;
        byte protocol = bytes.get(ValueLayout.JAVA_BYTE, 1);
        return protocol >= 2 && protocol <= 5;
    }

    /**
     * Converts a pickle into records of the binary version, in memory of {@code arena}.
     *
     * @throws DatasetException if the pickle is damaged, refers to anything but arrays of bytes, or lacks pixels or labels
     */
    static MemorySegment read(Path path, MemorySegment pickle, RecordFile.Layout layout, Arena arena) {
        Map<?, ?> batch = dict(path, pickle);
        if (!(batch.get("data") instanceof NumpyNames.Array data) || data.shape.length != 2 || data.shape[1] != layout.pixels())
            throw unfit(path, "it has no array 'data' of " + layout.pixels() + " bytes an image");
        int n = (int) data.shape[0], kinds = layout.labels().size();
        MemorySegment records = arena.allocate((long) n * layout.recordBytes());
        for (int kind = 0; kind < kinds; kind++) {
            RecordFile.Label label = layout.labels().get(kind);
            if (!(batch.get(label.key()) instanceof List<?> values) || values.size() != n)
                throw unfit(path, "it has no list '" + label.key() + "' of " + n + " labels");
            for (int i = 0; i < n; i++) {
                if (!(values.get(i) instanceof Long value))
                    throw unfit(path, "entry " + i + " of its list '" + label.key() + "' is not an integer");
                if (value < 0 || value >= label.classes().size()) throw RecordFile.noClass(path, i, value, label.classes().size());
                records.set(ValueLayout.JAVA_BYTE, (long) i * layout.recordBytes() + kind, value.byteValue());
            }
        }
        for (int i = 0; i < n; i++) {
            long at = (long) i * layout.recordBytes() + kinds;
            if (!data.fortran) MemorySegment.copy(data.values, i * layout.pixels(), records, ValueLayout.JAVA_BYTE, at, layout.pixels());
            else for (int p = 0; p < layout.pixels(); p++) records.set(ValueLayout.JAVA_BYTE, at + p, data.values[p * n + i]);
        }
        return records;
    }

    /**
     * Checks that the files have the classes of {@code layout}, in the same order.
     *
     * @param meta the file that names the classes of each kind of label
     * @throws DatasetException if they have other classes, or the file is damaged
     */
    static void checkClasses(Path meta, RecordFile.Layout layout) {
        Map<?, ?> names;
        try {
            names = dict(meta, MemorySegment.ofArray(Files.readAllBytes(meta)));
        } catch (IOException e) {
            throw unfit(meta, e);
        }
        for (RecordFile.Label label : layout.labels()) {
            String key = label.key().replace("labels", "label_names");
            List<?> found = names.get(key) instanceof List<?> list ? list : List.of();
            if (!found.stream().map(n -> n instanceof byte[] b ? new String(b, StandardCharsets.ISO_8859_1) : n).toList()
                    .equals(label.classes()))
                throw unfit(meta, "its " + key + " are not " + String.join(", ", label.classes().subList(0, 2)) + " and so on");
        }
    }

    private static Map<?, ?> dict(Path path, MemorySegment pickle) {
        try {
            Pickle.Read read = Pickle.read(pickle, 0, new NumpyNames());
            if (read.end() != pickle.byteSize()) throw new IOException("it has bytes after the end of its pickle");
            if (read.value() instanceof Map<?, ?> dict) return dict;
            throw new IOException("it holds no dict");
        } catch (IOException e) {
            throw unfit(path, e);
        }
    }

    private static DatasetException unfit(Path path, IOException e) {
        return new DatasetException("the file " + path + " cannot be read as CIFAR's Python version: " + e.getMessage(), e);
    }

    private static DatasetException unfit(Path path, String why) { return unfit(path, new IOException(why)); }
}
