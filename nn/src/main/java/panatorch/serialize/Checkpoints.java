package panatorch.serialize;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;

/**
 * Checkpoints: everything that a run needs to resume, in one file of named sections such as {@code model}, {@code optimizer},
 * {@code schedule}, {@code scaler}, {@code rng}, {@code sampler} and {@code metadata}. Each section holds tensors and plain values, as
 * {@link TorchFile#save} takes them.
 *
 * <p>
 * Files are written atomically, and every byte of a file is verified by a checksum before the sections are returned. A checkpoint is a file
 * of {@link TorchFile} that holds a dict {@code {"format": "panatorch.checkpoint", "version": 2, "sections": {…}}}, so {@code torch.load}
 * reads it in Python as well. The zip archive has a CRC-32 of each entry. The archive's comment is {@code crc32:} and 8 hexadecimal digits,
 * the CRC-32 of all bytes before the comment. In files of version 1, which are read too, it is {@code sha256:} and 64 digits.
 *
 * <p>
 * {@link #saveAsync} writes a checkpoint while the training goes on.
 */
public final class Checkpoints {
    private Checkpoints() {}

    private static final String FORMAT = "panatorch.checkpoint", CHECKSUM = "crc32:", OLD_CHECKSUM = "sha256:";
    private static final int COMMENT = CHECKSUM.length() + 8, OLD_COMMENT = OLD_CHECKSUM.length() + 64;

    /** The version of the format that {@link #write} writes. A reader accepts all versions up to its own. */
    static final long VERSION = 2;

    /** Writes sections, in their order, and waits until they are on the disk. */
    public static void write(Path file, Map<String, ?> sections) throws IOException {
        write(file, sections, Writing.DURABLE);
    }

    /** Writes sections, in their order, and waits for the disk or not. */
    public static void write(Path file, Map<String, ?> sections, Writing writing) throws IOException {
        PickleWriter.Written written = pickled(sections, VERSION);
        write(file, written.pickle(), written.storages(), writing);
    }

    /**
     * Copies the tensors of sections and writes them in the background, as {@link #write} does. What happens to the tensors after this call
     * does not change the file. The copies take as much memory as the tensors until they are written.
     *
     * <p>
     * A process writes one such file at a time: a call waits until the one before is written. If that one failed, and nobody has called
     * {@link Saving#join}, this call throws its exception and saves nothing. The process does not end before the file is written, unless it
     * is killed or calls {@code System.exit}; then the file that was there before stays.
     *
     * @return the save in progress; to ignore it is safe, as the next call reports its failure
     * @throws IllegalArgumentException if there is something else than tensors and plain values among the sections
     */
    public static Saving saveAsync(Path file, Map<String, ?> sections) throws IOException { return Saving.begin(file, sections); }

    static PickleWriter.Written pickled(Map<String, ?> sections, long version) {
        var root = new LinkedHashMap<String, @Nullable Object>();
        root.put("format", FORMAT);
        root.put("version", version);
        root.put("sections", sections);
        return PickleWriter.write(root);
    }

    static void write(Path file, byte[] pickle, TorchFile.StorageBytes storages, Writing writing) throws IOException {
        AtomicFile.write(file, writing, channel -> {
            ZipWriter zip = TorchFile.write(channel, pickle, storages);
            zip.finish(COMMENT);
            AtomicFile.writeAll(channel, ByteBuffer.wrap(ascii(CHECKSUM + HexFormat.of().toHexDigits((int) zip.checksum()))));
        });
    }

    /**
     * Returns the sections of a file, in their order. Tensors are in memory of their own, whose checksum was verified, and belong to the
     * current scope, or to the caller if there is none.
     *
     * @throws MalformedFileException if the file is not a checkpoint, was truncated or changed after it was written, or was written by a
     * newer PanaTorch
     */
    public static Map<String, @Nullable Object> read(Path path) throws IOException { return read(path, Reading.COPIED); }

    /** Returns the sections of a file, copied or mapped. */
    public static Map<String, @Nullable Object> read(Path path, Reading reading) throws IOException {
        try (var scope = Scope.open(); var file = FileBytes.open(path, reading)) {
            Map<String, @Nullable Object> sections = sections(file);
            TorchFile.keep(scope, sections);
            return sections;
        }
    }

    private static Map<String, @Nullable Object> sections(FileBytes file) throws IOException {
        if (!(verified(file) instanceof Map<?, ?> root) || !FORMAT.equals(root.get("format"))
                || !(root.get("version") instanceof Long version)
                || !(root.get("sections") instanceof Map<?, ?> sections))
            throw file.malformed("it is not a PanaTorch checkpoint");
        if (version < 1 || version > VERSION)
            throw file.malformed("it is a checkpoint of version " + version
                    + ", but this PanaTorch reads versions up to " + VERSION + "; use a newer one");
        var named = new LinkedHashMap<String, @Nullable Object>();
        sections.forEach((name, value) -> named.put(String.valueOf(name), value));
        return named;
    }

    /** Returns the value in a file whose checksum is right. */
    private static @Nullable Object verified(FileBytes file) throws IOException {
        if (!ZipArchive.recognises(file)) throw file.malformed("it is not a PanaTorch checkpoint");
        long end = file.size() - OLD_COMMENT;
        if (file.has(end, ascii(OLD_CHECKSUM))) {
            if (!file.has(end + OLD_CHECKSUM.length(), ascii(sha256(file, end)))) throw changed(file);
            return TorchFile.load(file);
        }
        end = file.size() - COMMENT;
        if (!file.has(end, ascii(CHECKSUM)))
            throw file.malformed("it is not a PanaTorch checkpoint, or was truncated: it does not end with its checksum");
        ZipArchive archive = ZipArchive.of(file, true);
        if (!file.has(end + CHECKSUM.length(), ascii(HexFormat.of().toHexDigits((int) archive.checksum(end))))) throw changed(file);
        Object value = TorchFile.load(archive, false);
        archive.verifyRest();
        return value;
    }

    private static MalformedFileException changed(FileBytes file) {
        return file.malformed("it was changed after it was written: its checksum is wrong");
    }

    private static byte[] ascii(String text) { return text.getBytes(StandardCharsets.US_ASCII); }

    private static String sha256(FileBytes file, long end) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (long at = 0; at < end; at += FileBytes.MOST_AT_ONCE)
                digest.update(file.slice(at, Math.min(FileBytes.MOST_AT_ONCE, end - at), "the part under the checksum").asByteBuffer());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
