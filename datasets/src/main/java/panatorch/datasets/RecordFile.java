package panatorch.datasets;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** A file of records of equal size, a byte for each kind of label and then the pixels, mapped into memory. */
record RecordFile(Path path, MemorySegment bytes, Layout layout) {
    /** The records of CIFAR-10 have one label, those of CIFAR-100 two; {@code classes} is how many there are of each. */
    record Layout(int pixels, int... classes) {
        int recordBytes() { return classes.length + pixels; }
    }

    /**
     * Maps {@code path} for as long as {@code arena} lives.
     *
     * @param records how many it has; 0 for any number but none
     * @throws DatasetException if it is missing, has another size, or has a label that is no class
     */
    static RecordFile map(Path path, Layout layout, int records, Arena arena) {
        if (!Files.isRegularFile(path)) throw new DatasetException("the file " + path + " is missing");
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            checkSize(path, channel.size(), layout.recordBytes(), records);
            var file = new RecordFile(path, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena), layout);
            for (int kind = 0; kind < layout.classes.length; kind++) file.checkLabels(kind);
            return file;
        } catch (IOException e) {
            throw new DatasetException("the file " + path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void checkSize(Path path, long size, int recordBytes, int records) {
        if (records > 0 ? size == (long) recordBytes * records : size > 0 && size % recordBytes == 0 && size / recordBytes < Integer.MAX_VALUE) return;
        String has = size % recordBytes == 0 ? String.format(Locale.ROOT, "%,d records", size / recordBytes)
                : String.format(Locale.ROOT, "%,d bytes, which is no whole number of records", size);
        throw new DatasetException(records > 0 ? String.format(Locale.ROOT, "the file %s has %s; %,d records of %,d bytes were expected", path, has, records, recordBytes)
                : String.format(Locale.ROOT, "the file %s has %s; records of %,d bytes were expected", path, has, recordBytes));
    }

    private void checkLabels(int kind) {
        int classes = layout.classes[kind];
        for (int record = 0; record < records(); record++) {
            int label = label(record, kind);
            if (label >= classes) throw new DatasetException("record " + record + " of the file " + path + " has the label " + label + "; labels from 0 to " + (classes - 1) + " were expected");
        }
    }

    int records() { return (int) (bytes.byteSize() / layout.recordBytes()); }

    private long begin(int record) { return (long) record * layout.recordBytes(); }

    int label(int record, int kind) { return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, begin(record) + kind)); }

    void copyPixels(int record, MemorySegment to) { MemorySegment.copy(bytes, begin(record) + layout.classes.length, to, 0, layout.pixels); }
}
