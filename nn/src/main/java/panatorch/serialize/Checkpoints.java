package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
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
 * Files are written atomically, and a SHA-256 of their bytes is verified before they are used. A checkpoint is a file of {@link TorchFile}
 * that holds a dict {@code {"format": "panatorch.checkpoint", "version": 1, "sections": {…}}}, so {@code torch.load} reads it in Python as
 * well. The checksum is the zip archive's comment: {@code sha256:} and 64 hexadecimal digits, computed over all bytes before them.
 */
public final class Checkpoints {
    private Checkpoints() {}

    private static final String FORMAT = "panatorch.checkpoint", CHECKSUM = "sha256:";
    private static final int COMMENT = CHECKSUM.length() + 64;

    /** The version of the format that {@link #write} writes. A reader accepts all versions up to its own. */
    private static final long VERSION = 1;

    /** Writes sections, in their order. */
    public static void write(Path file, Map<String, ?> sections) throws IOException {
        write(file, sections, VERSION);
    }

    static void write(Path file, Map<String, ?> sections, long version) throws IOException {
        var root = new LinkedHashMap<String, @Nullable Object>();
        root.put("format", FORMAT);
        root.put("version", version);
        root.put("sections", sections);
        PickleWriter.Written written = PickleWriter.write(root);
        AtomicFile.write(file, channel -> {
            TorchFile.write(channel, written).finish(COMMENT);
            AtomicFile.writeAll(channel, ByteBuffer.wrap((CHECKSUM + digest(channel)).getBytes(StandardCharsets.US_ASCII)));
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
        verify(file);
        if (!(TorchFile.load(file) instanceof Map<?, ?> root) || !FORMAT.equals(root.get("format"))
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

    private static void verify(FileBytes file) throws IOException {
        long begin = file.size() - COMMENT;
        if (!ZipArchive.recognises(file)) throw file.malformed("it is not a PanaTorch checkpoint");
        if (!file.has(begin, CHECKSUM.getBytes(StandardCharsets.US_ASCII)))
            throw file.malformed("it is not a PanaTorch checkpoint, or "
                    + "was truncated: it does not end with its checksum");
        MessageDigest digest = sha256();
        update(digest, file.slice(0, begin, "the part under the checksum"));
        String expected = HexFormat.of().formatHex(digest.digest());
        if (!file.has(begin + CHECKSUM.length(), expected.getBytes(StandardCharsets.US_ASCII)))
            throw file.malformed("it was changed after it was written: its checksum is wrong");
    }

    /** Returns the digest of the bytes written so far. */
    private static String digest(FileChannel channel) throws IOException {
        MessageDigest digest = sha256();
        var part = ByteBuffer.allocateDirect(1 << 20);
        for (long at = 0, n; (n = channel.read(part.clear(), at)) > 0; at += n) digest.update(part.flip());
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += 1 << 30)
            digest.update(bytes.asSlice(at, Math.min(1 << 30, bytes.byteSize() - at)).asByteBuffer());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
