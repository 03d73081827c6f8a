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
 * The files of a folder as they were unpacked. The list lies in the folder, under {@link #FILE}: a line with the number of files, then a
 * line each with its CRC-32, size, time of change in seconds, and name.
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

    /** @return null if the folder has no list, or a damaged one */
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
     * The first file that is not as it was unpacked; null if all are. Sizes and times of change are looked at, and what a file holds only
     * where its time is another: it takes a third of a second for libtorch.
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

    /** The first file that does not hold what was unpacked; null if all do. */
    @Nullable String damagedInside(Path folder) throws IOException {
        for (Entry e : entries) {
            Path file = folder.resolve(e.name);
            if (!Files.isRegularFile(file) || Files.size(file) != e.size || crc(file) != e.crc) return e.name;
        }
        return null;
    }

    /** A copied folder has other times; they are written down so that the next start need not read all of it again. */
    private void rewrite(Path folder) {
        try {
            var now = new ArrayList<Entry>();
            for (Entry e : entries) now.add(Entry.of(folder.resolve(e.name), e.crc));
            new Checksums(now).write(folder);
        } catch (IOException readOnly) {
            // then every start reads it
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
