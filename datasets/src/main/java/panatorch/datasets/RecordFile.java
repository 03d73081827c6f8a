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

/** A file of records of equal size, one byte of label and then the pixels, mapped into memory. */
record RecordFile(Path path, MemorySegment bytes, int recordBytes) {
    /**
     * Maps {@code path} for as long as {@code arena} lives.
     *
     * @throws DatasetException if it is missing, has another size than {@code records} records, or has a label of {@code classes} or more
     */
    static RecordFile map(Path path, int recordBytes, int records, int classes, Arena arena) {
        if (!Files.isRegularFile(path)) throw new DatasetException("the file " + path + " is missing");
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            checkSize(path, channel.size(), recordBytes, records);
            var file = new RecordFile(path, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena), recordBytes);
            file.checkLabels(classes);
            return file;
        } catch (IOException e) {
            throw new DatasetException("the file " + path + " cannot be read: " + e.getMessage());
        }
    }

    private static void checkSize(Path path, long size, int recordBytes, int records) {
        if (size == (long) recordBytes * records) return;
        String has = size % recordBytes == 0 ? String.format(Locale.ROOT, "%,d records", size / recordBytes)
                : String.format(Locale.ROOT, "%,d bytes, which is no whole number of records", size);
        throw new DatasetException(String.format(Locale.ROOT, "the file %s has %s; %,d records of %,d bytes were expected", path, has, records, recordBytes));
    }

    private void checkLabels(int classes) {
        for (int record = 0; record < records(); record++) {
            if (label(record) >= classes) throw new DatasetException(
                    "record " + record + " of the file " + path + " has the label " + label(record) + "; labels from 0 to " + (classes - 1) + " were expected");
        }
    }

    int records() { return (int) (bytes.byteSize() / recordBytes); }

    int label(int record) { return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, (long) record * recordBytes)); }

    void copyPixels(int record, MemorySegment to) { MemorySegment.copy(bytes, (long) record * recordBytes + 1, to, 0, recordBytes - 1); }
}
