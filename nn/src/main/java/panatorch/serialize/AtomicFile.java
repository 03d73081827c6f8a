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

/** Writes files atomically: a file is complete or not there, whatever happens while it is written. */
public final class AtomicFile {
    private AtomicFile() {}

    /** Writes a file's content to a channel. */
    @FunctionalInterface
    public interface Writer {
        void write(FileChannel channel) throws IOException;
    }

    /**
     * Writes to a temporary name in the same folder, forces the file to disk, renames it in one step, and forces the folder to disk.
     */
    public static void write(Path file, Writer content) throws IOException { write(file, Writing.DURABLE, content); }

    /** Writes to a temporary name in the same folder and renames the file in one step. Forces both to disk only if asked to. */
    static void write(Path file, Writing writing, Writer content) throws IOException {
        Path absolute = file.toAbsolutePath(), folder = absolute.getParent();
        if (folder == null) throw new IOException(file + " is a root folder, not the name of a file");
        // createTempFile would leave a file that only its owner may read, also after the rename.
        String number = Long.toHexString(ThreadLocalRandom.current().nextLong());
        Path unfinished = FileNames.resolve(folder, "." + FileNames.of(absolute) + "." + number + ".unfinished");
        try {
            try (var channel =
                    FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                content.write(channel);
                if (writing == Writing.DURABLE) channel.force(true);
            }
            Files.move(unfinished, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            if (writing == Writing.DURABLE) forceFolder(folder);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    /** Forces the folder to disk, because it holds the file's name. Windows cannot open folders and does not need this. */
    private static void forceFolder(Path folder) throws IOException {
        if (File.separatorChar == '\\') return;
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Writes a file by its name. */
    @FunctionalInterface
    public interface NameWriter {
        void write(Path unfinished) throws IOException;
    }

    /**
     * Writes a file as {@link #write(Path, Writer)} does, with code that takes a name. The file has its own name already, in a temporary
     * folder beside it.
     */
    public static void writeByName(Path file, NameWriter content) throws IOException {
        Path absolute = file.toAbsolutePath(), folder = absolute.getParent();
        if (folder == null) throw new IOException(file + " is a root folder, not the name of a file");
        String number = Long.toHexString(ThreadLocalRandom.current().nextLong());
        Path temporary = Files.createDirectory(FileNames.resolve(folder, "." + FileNames.of(absolute) + "." + number + ".unfinished"));
        Path unfinished = FileNames.resolve(temporary, FileNames.of(absolute));
        try {
            content.write(unfinished);
            try (var channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(unfinished, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            forceFolder(folder);
        } finally {
            Files.deleteIfExists(unfinished);
            Files.deleteIfExists(temporary);
        }
    }

    /** Writes bytes as {@link #write(Path, Writer)} does. */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, channel -> writeAll(channel, ByteBuffer.wrap(content)));
    }

    /** Writes all bytes. A single write may take only some of them. */
    static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) channel.write(bytes);
    }

    static void writeAll(FileChannel channel, MemorySegment bytes) throws IOException {
        for (long at = 0; at < bytes.byteSize(); at += FileBytes.MOST_AT_ONCE)
            writeAll(channel, bytes.asSlice(at, Math.min(FileBytes.MOST_AT_ONCE, bytes.byteSize() - at)).asByteBuffer());
    }
}
