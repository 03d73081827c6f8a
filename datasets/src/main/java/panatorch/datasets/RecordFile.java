package panatorch.datasets;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;

/**
 * The records of one file of CIFAR, mapped into memory or converted by {@link PickledRecords}. Each record is a byte for each kind of
 * label, then the pixels.
 */
record RecordFile(Path path, MemorySegment bytes, Layout layout) {
    /**
     * A kind of label.
     *
     * @param key its name in the Python version
     * @param classes names of its classes
     */
    record Label(String key, List<String> classes) {}

    /** The layout of a record: one label in CIFAR-10, two in CIFAR-100, then {@code pixels} bytes. */
    record Layout(int pixels, List<Label> labels) {
        int recordBytes() { return labels.size() + pixels; }
    }

    /**
     * Maps {@code path}, or reads its pickle, for as long as {@code arena} lives.
     *
     * @param records expected number of records; 0 for any number above 0
     * @throws DatasetException if the file is missing, has another size, or has a label that is no class
     */
    static RecordFile map(Path path, Layout layout, int records, Arena arena) {
        if (!Files.isRegularFile(path)) throw new DatasetException("the file " + path + " is missing");
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            if (PickledRecords.recognises(bytes)) bytes = PickledRecords.read(path, bytes, layout, arena);
            checkSize(path, bytes.byteSize(), layout.recordBytes(), records);
            var file = new RecordFile(path, bytes, layout);
            for (int kind = 0; kind < layout.labels.size(); kind++) file.checkLabels(kind);
            return file;
        } catch (IOException e) {
            throw new DatasetException("the file " + path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void checkSize(Path path, long size, int recordBytes, int records) {
        if (records > 0 ? size == (long) recordBytes * records
                : size > 0 && size % recordBytes == 0 && size / recordBytes < Integer.MAX_VALUE)
            return;
        String has = size % recordBytes == 0 ? String.format(Locale.ROOT, "%,d records", size / recordBytes)
                : String.format(Locale.ROOT, "%,d bytes, which is not a whole number of records", size);
        throw new DatasetException(records > 0
                ? String.format(Locale.ROOT, "the file %s has %s; %,d records of %,d bytes were expected", path, has, records, recordBytes)
                : String.format(Locale.ROOT, "the file %s has %s; records of %,d bytes were expected", path, has, recordBytes));
    }

    private void checkLabels(int kind) {
        int classes = layout.labels.get(kind).classes.size();
        for (int record = 0; record < records(); record++) {
            int label = label(record, kind);
            if (label >= classes) throw noClass(path, record, label, classes);
        }
    }

    static DatasetException noClass(Path path, int record, long label, int classes) {
        return new DatasetException("record " + record + " of the file " + path + " has the label " + label + "; labels from 0 to "
                + (classes - 1) + " were expected");
    }

    int records() { return (int) (bytes.byteSize() / layout.recordBytes()); }

    private long begin(int record) { return (long) record * layout.recordBytes(); }

    int label(int record, int kind) { return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, begin(record) + kind)); }

    void copyPixels(int record, MemorySegment to) { MemorySegment.copy(bytes, begin(record) + layout.labels.size(), to, 0, layout.pixels); }
}
