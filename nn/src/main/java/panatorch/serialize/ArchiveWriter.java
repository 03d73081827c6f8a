package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * Writes a zip archive of texts and the bytes of tensors, such as a {@code .pt2} file, which {@link ArchiveFile} and PyTorch read. Entries
 * are not compressed, and begin at multiples of 64, so that they can be mapped. For use by one thread.
 */
public final class ArchiveWriter {
    private final ZipWriter zip;

    private ArchiveWriter(ZipWriter zip) { this.zip = zip; }

    /** Code that adds the entries of an archive. */
    @FunctionalInterface
    public interface Content {
        void write(ArchiveWriter archive) throws IOException;
    }

    /** Writes an archive. The file appears only once it is complete, and replaces one of the same name. */
    public static void write(Path file, Content content) throws IOException {
        AtomicFile.write(file, channel -> {
            var zip = new ZipWriter(channel);
            content.write(new ArchiveWriter(zip));
            zip.finish(0);
        });
    }

    /** Adds an entry. */
    public void add(String name, byte[] bytes) throws IOException { zip.add(name, bytes); }

    /** Adds an entry of the bytes of a segment. */
    public void add(String name, MemorySegment bytes) throws IOException {
        zip.add(name, bytes);
    }
}
