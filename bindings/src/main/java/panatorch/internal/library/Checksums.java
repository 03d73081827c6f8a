package panatorch.internal.library;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The list of a folder's files as they were unpacked. The file {@link #FILE} in the folder holds it: a line with the number of files, then
 * for each file a line with its CRC-32, size, modification time in seconds, and name.
 */
record Checksums(List<Entry> entries) {
    static final String FILE = "checksums";

    private static final Pattern LINE = Pattern.compile("([0-9a-f]{8}) (\\d{1,18}) (\\d{1,18}) (\\S+)");

    record Entry(long crc, long size, long changed, String name) {
        static Entry of(Path file, long crc) throws IOException {
            return new Entry(crc, Files.size(file), time(file), file.getFileName().toString());
        }

        @Override public String toString() { return "%08x %d %d %s".formatted(crc, size, changed, name); }
    }

    private static long time(Path file) throws IOException { return Files.getLastModifiedTime(file).to(TimeUnit.SECONDS); }

    /** Reads the list of a folder; null if it has none, or a damaged one. */
    static @Nullable Checksums read(Path folder) throws IOException {
        var entries = new ArrayList<Entry>();
        List<String> lines;
        try {
            lines = Files.readAllLines(folder.resolve(FILE));
        } catch (NoSuchFileException | java.nio.charset.CharacterCodingException e) {
            return null;
        }
        if (lines.isEmpty() || !lines.getFirst().equals(lines.size() - 1 + " files")) return null;
        for (String line : lines.subList(1, lines.size())) {
            var m = LINE.matcher(line);
            if (!m.matches()) return null;
            entries.add(new Entry(Long.parseLong(m.group(1), 16), Long.parseLong(m.group(2)), Long.parseLong(m.group(3)), m.group(4)));
        }
        return new Checksums(entries);
    }

    /** Replaces the folder's list. */
    void write(Path folder) throws IOException {
        var lines = new ArrayList<>(List.of(entries.size() + " files"));
        for (Entry e : entries) lines.add(e.toString());
        Path unfinished = Files.createTempFile(folder, FILE, ".tmp");
        Files.write(unfinished, lines);
        Files.move(unfinished, folder.resolve(FILE), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Returns the first file that differs from the unpacked one, or null. Compares sizes and modification times. Reads a file only if its
     * time differs, as reading takes a third of a second for libtorch.
     */
    @Nullable String damaged(Path folder) throws IOException {
        boolean moved = false;
        for (Entry e : entries) {
            Path file = folder.resolve(e.name);
            if (!Files.isRegularFile(file) || Files.size(file) != e.size) return e.name;
            if (time(file) == e.changed) continue;
            if (crc(file) != e.crc) return e.name;
            moved = true;
        }
        if (moved) rewrite(folder);
        return null;
    }

    /** Returns the first file whose contents differ from the unpacked ones, or null. Reads all files. */
    @Nullable String damagedInside(Path folder) throws IOException {
        for (Entry e : entries) {
            Path file = folder.resolve(e.name);
            if (!Files.isRegularFile(file) || Files.size(file) != e.size || crc(file) != e.crc) return e.name;
        }
        return null;
    }

    /** Records the modification times of a copied folder, so that the next start need not read all of it again. */
    private void rewrite(Path folder) {
        try {
            var now = new ArrayList<Entry>();
            for (Entry e : entries) now.add(Entry.of(folder.resolve(e.name), e.crc));
            new Checksums(now).write(folder);
        } catch (IOException readOnly) {
            // then every start reads all files
        }
    }

    private static long crc(Path file) throws IOException {
        var crc = new CRC32();
        try (InputStream in = new CheckedInputStream(Files.newInputStream(file), crc)) {
            byte[] buffer = new byte[1 << 16];
            while (in.read(buffer) >= 0) {}
        }
        return crc.getValue();
    }
}
