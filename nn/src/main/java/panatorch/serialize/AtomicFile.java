package panatorch.serialize;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;
import panatorch.internal.files.FileNames;

/** Files that are there whole or not at all, whatever happens while they are written. */
public final class AtomicFile {
    private AtomicFile() {}

    private static final int MOST_AT_ONCE = 1 << 30; // a buffer is 2 GiB at most

    /** Writes a file's content to a channel. */
    @FunctionalInterface
    public interface Writer {
        void write(FileChannel channel) throws IOException;
    }

    /** Writes under a temporary name in the same folder, forces it to the disk, renames it in one step, and forces that to the disk. */
    public static void write(Path file, Writer content) throws IOException {
        Path absolute = file.toAbsolutePath(), folder = absolute.getParent();
        if (folder == null) throw new IOException(file + " is a root folder and no name of a file");
        // No file of createTempFile, which nobody else may read, not even under its last name.
        Path unfinished = FileNames.resolve(folder, "." + FileNames.of(absolute) + "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".unfinished");
        try {
            try (var channel = FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                content.write(channel);
                channel.force(true);
            }
            Files.move(unfinished, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            forceFolder(folder);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    /** The name is in the folder, which has to reach the disk as well. Windows opens no folders, and needs no such thing. */
    private static void forceFolder(Path folder) throws IOException {
        if (File.separatorChar == '\\') return;
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** {@link #write(Path, Writer)} of bytes that are there already. */
    public static void write(Path file, byte[] content) throws IOException { write(file, channel -> writeAll(channel, ByteBuffer.wrap(content))); }

    /** A channel may take fewer bytes than it is given. */
    static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) channel.write(bytes);
    }

    static void writeAll(FileChannel channel, MemorySegment bytes) throws IOException {
        for (long at = 0; at < bytes.byteSize(); at += MOST_AT_ONCE) writeAll(channel, bytes.asSlice(at, Math.min(MOST_AT_ONCE, bytes.byteSize() - at)).asByteBuffer());
    }
}
