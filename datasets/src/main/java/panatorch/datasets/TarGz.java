package panatorch.datasets;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks {@code .tar.gz} archives of plain files and folders, in the formats ustar (POSIX.1-1988) and GNU's with short names. Links,
 * devices, long names and sparse files are refused, as are names that lead out of the folder.
 */
final class TarGz {
    private static final int BLOCK = 512;

    private TarGz() {}

    /**
     * Unpacks the archive's folder {@code name} into {@code parent}, completely or not at all: into a temporary folder first, which is then
     * renamed.
     *
     * @throws IOException if the archive is damaged or holds no such folder; its message names it
     */
    static void unpack(Path archive, String name, Path parent) throws IOException {
        Path beside = Files.createTempDirectory(parent.toAbsolutePath().normalize(), "." + name + ".");
        try (var in = new GZIPInputStream(new BufferedInputStream(Files.newInputStream(archive)), 1 << 16)) {
            for (Entry e = Entry.next(in); e != null; e = Entry.next(in)) e.write(in, beside);
            if (!Files.isDirectory(beside.resolve(name))) throw new IOException("it holds no folder " + name);
            Files.move(beside.resolve(name), parent.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new IOException("the archive " + archive + " cannot be unpacked: " + (e.getMessage() == null ? e : e.getMessage()), e);
        } finally {
            delete(beside);
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all = new ArrayList<>();
        try (Stream<Path> inside = Files.walk(folder)) {
            inside.sorted(Comparator.reverseOrder()).forEach(all::add);
        }
        for (Path p : all) Files.delete(p);
    }

    /**
     * A file or folder in the archive.
     *
     * @param type tar's type flag
     */
    private record Entry(String name, long size, char type) {
        static @Nullable Entry next(InputStream in) throws IOException {
            byte[] header = in.readNBytes(BLOCK);
            if (header.length < BLOCK) throw new EOFException("it is truncated");
            int sum = 0;
            for (int i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xFF;
            if (sum == 8 * ' ') return null; // a block of zeros ends the archive
            if (octal(header, 148, 8) != sum) throw new IOException("a header is damaged");
            String name = text(header, 0, 100),
                    prefix = text(header, 257, 5).equals("ustar") && header[262] == 0 ? text(header, 345, 155) : "";
            return new Entry(prefix.isEmpty() ? name : prefix + "/" + name, octal(header, 124, 12),
                    header[156] == 0 ? '0' : (char) header[156]);
        }

        private static String text(byte[] header, int from, int length) {
            int end = from;
            while (end < from + length && header[end] != 0) end++;
            return new String(header, from, end - from, StandardCharsets.UTF_8);
        }

        private static long octal(byte[] header, int from, int length) throws IOException {
            String digits = text(header, from, length).strip();
            try {
                if (digits.isEmpty() || digits.charAt(0) == '-') throw new NumberFormatException();
                return Long.parseLong(digits, 8);
            } catch (NumberFormatException e) {
                throw new IOException("a header is damaged: '" + digits + "' is not an octal number", e);
            }
        }

        void write(InputStream in, Path folder) throws IOException {
            Path target = folder.resolve(name).normalize();
            if (name.startsWith("/") || name.contains("\\") || !target.startsWith(folder))
                throw new IOException("the name " + name + " leads out of the folder");
            switch (type) {
                case '5' -> Files.createDirectories(target);
                case '0' -> {
                    Files.createDirectories(target.getParent());
                    try (var out = Files.newOutputStream(target)) {
                        copy(in, out);
                    }
                    skip(in, (BLOCK - size % BLOCK) % BLOCK);
                }
                default -> throw new IOException(name + " is of the type " + type + "; only files and folders are unpacked");
            }
        }

        private void copy(InputStream in, OutputStream out) throws IOException {
            var buffer = new byte[1 << 16];
            for (long left = size; left > 0;) {
                int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (n < 0) throw new EOFException("it is truncated");
                out.write(buffer, 0, n);
                left -= n;
            }
        }

        private static void skip(InputStream in, long n) throws IOException {
            try {
                in.skipNBytes(n);
            } catch (EOFException e) {
                throw new EOFException("it is truncated");
            }
        }
    }
}
