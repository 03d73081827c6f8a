package panatorch.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Ways to damage a file, by accident or on purpose. */
final class Mutation {
    private static final byte[] TELLING = {0, 1, 2, 0x7f, (byte) 0x80, (byte) 0xff, '(', 't', 'R', '.', ']', '}', 'h', 'q', '9', '-', '"',
        '[', '{', 'K', 'M', 'J', (byte) 0x8a};

    private final SplittableRandom random;

    Mutation(SplittableRandom random) { this.random = random; }

    /**
     * Applies one to four mutations. In half of the cases the entries of a zip archive are mutated and packed again, so that the code
     * behind the checksums is tested as well.
     */
    byte[] of(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        if (bytes[0] == 'P' && bytes[1] == 'K' && random.nextBoolean()) return repacked(file);
        for (int n = random.nextInt(1, 5); n > 0; n--) bytes = once(bytes);
        return bytes;
    }

    private byte[] once(byte[] bytes) {
        if (bytes.length == 0) return bytes;
        int at = place(bytes.length), length = Math.min(bytes.length - at, 1 + random.nextInt(1 << random.nextInt(1, 8)));
        byte[] changed = bytes.clone();
        switch (random.nextInt(8)) {
            case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> changed[at] = TELLING[random.nextInt(TELLING.length)];
            case 2 -> Arrays.fill(changed, at, at + Math.min(8, length), TELLING[random.nextInt(TELLING.length)]);
            case 3 -> changed = Arrays.copyOf(bytes, at);
            case 4 -> changed = joined(bytes, at, at + length, new byte[0]);
            case 5 -> changed = joined(bytes, at, at, Arrays.copyOfRange(bytes, at, at + length));
            case 6 -> System.arraycopy(bytes, place(bytes.length - length + 1), changed, at, length);
            default -> digit(changed, at);
        }
        return changed;
    }

    /** Draws a place. Half of the places are near the beginning or the end, which hold headers. */
    private int place(int length) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(Math.min(length, 256));
            case 1 -> length - 1 - random.nextInt(Math.min(length, 256));
            default -> random.nextInt(length);
        };
    }

    private static byte[] joined(byte[] bytes, int from, int to, byte[] between) {
        byte[] all = Arrays.copyOf(bytes, from + between.length + bytes.length - to);
        System.arraycopy(between, 0, all, from, between.length);
        System.arraycopy(bytes, to, all, from + between.length, bytes.length - to);
        return all;
    }

    /** Replaces a number in a text. */
    private void digit(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') continue;
            bytes[i] = (byte) ('0' + random.nextInt(10));
            return;
        }
    }

    private byte[] repacked(Path file) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var in = new ZipFile(file.toFile()); var zip = new ZipOutputStream(out)) {
            List<? extends ZipEntry> entries = Collections.list(in.entries());
            // a script has many pickles, and would never get past the first that is damaged
            int only = file.toString().endsWith(".ts") ? random.nextInt(entries.size()) : -1;
            for (ZipEntry e : entries) {
                byte[] bytes;
                try (var entry = in.getInputStream(e)) {
                    bytes = entry.readAllBytes();
                }
                boolean tells = e.getName().endsWith("pkl") || e.getName().endsWith(".npy") || e.getName().endsWith(".py");
                if (tells && (only < 0 || e == entries.get(only))) for (int n = random.nextInt(0, 4); n > 0; n--) bytes = once(bytes);
                var entry = new ZipEntry(e.getName());
                if (random.nextInt(8) > 0) {
                    var crc = new CRC32();
                    crc.update(bytes);
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(bytes.length);
                    entry.setCrc(crc.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(bytes);
            }
        }
        return out.toByteArray();
    }
}
