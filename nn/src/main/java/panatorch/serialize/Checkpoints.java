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
 * All that a run goes on from, in one file: named sections, as {@code model}, {@code optimizer}, {@code schedule}, {@code scaler},
 * {@code rng}, {@code sampler} and {@code metadata}, each of tensors and plain values as {@link TorchFile#save} takes them.
 *
 * <p>The file is there whole or not at all, and a SHA-256 of its bytes is verified before it is used. It is a file of {@link TorchFile},
 * a dict {@code {"format": "panatorch.checkpoint", "version": 1, "sections": {…}}}, with the checksum as the zip archive's comment
 * ({@code sha256:} and 64 hexadecimal digits, over all bytes before them), so that {@code torch.load} reads it in Python as well.
 */
public final class Checkpoints {
    private Checkpoints() {}

    private static final String FORMAT = "panatorch.checkpoint", CHECKSUM = "sha256:";
    private static final int COMMENT = CHECKSUM.length() + 64;

    /** Of the form of {@link #write}; a reader knows all up to its own. */
    private static final long VERSION = 1;

    /** Writes sections, in their order. */
    public static void write(Path file, Map<String, ?> sections) throws IOException { write(file, sections, VERSION); }

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
     * The sections of a file, in their order; tensors are in memory of their own, of which the checksum was right, and belong to the current
     * scope, or to the caller.
     *
     * @throws MalformedFileException if it is no checkpoint, was cut off or changed after it was written, or is of a newer PanaTorch
     */
    public static Map<String, @Nullable Object> read(Path path) throws IOException { return read(path, Reading.COPIED); }

    /** {@link #read(Path)}, copied or mapped. */
    public static Map<String, @Nullable Object> read(Path path, Reading reading) throws IOException {
        try (var scope = Scope.open(); var file = FileBytes.open(path, reading)) {
            Map<String, @Nullable Object> sections = sections(file);
            TorchFile.keep(scope, sections);
            return sections;
        }
    }

    private static Map<String, @Nullable Object> sections(FileBytes file) throws IOException {
        verify(file);
        if (!(TorchFile.load(file) instanceof Map<?, ?> root) || !FORMAT.equals(root.get("format")) || !(root.get("version") instanceof Long version)
                || !(root.get("sections") instanceof Map<?, ?> sections)) throw file.malformed("it is no checkpoint of PanaTorch");
        if (version < 1 || version > VERSION) throw file.malformed("it is a checkpoint of version " + version + ", and this PanaTorch reads versions up to " + VERSION);
        var named = new LinkedHashMap<String, @Nullable Object>();
        sections.forEach((name, value) -> named.put(String.valueOf(name), value));
        return named;
    }

    private static void verify(FileBytes file) throws IOException {
        long begin = file.size() - COMMENT;
        if (!ZipArchive.recognises(file)) throw file.malformed("it is no checkpoint of PanaTorch");
        if (!file.has(begin, CHECKSUM.getBytes(StandardCharsets.US_ASCII))) throw file.malformed("it is no checkpoint of PanaTorch, or was cut off: it does not end with its checksum");
        MessageDigest digest = sha256();
        update(digest, file.slice(0, begin, "what the checksum is of"));
        String expected = HexFormat.of().formatHex(digest.digest());
        if (!file.has(begin + CHECKSUM.length(), expected.getBytes(StandardCharsets.US_ASCII))) throw file.malformed("it was changed after it was written: its checksum is wrong");
    }

    /** Of what was written so far. */
    private static String digest(FileChannel channel) throws IOException {
        MessageDigest digest = sha256();
        var part = ByteBuffer.allocateDirect(1 << 20);
        for (long at = 0, n; (n = channel.read(part.clear(), at)) > 0; at += n) digest.update(part.flip());
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += 1 << 30) digest.update(bytes.asSlice(at, Math.min(1 << 30, bytes.byteSize() - at)).asByteBuffer());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
