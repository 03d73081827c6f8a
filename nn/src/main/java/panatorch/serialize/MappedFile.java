package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.TorchException;
import panatorch.internal.files.FileNames;

/**
 * A file as memory, copy-on-write: what is written there never reaches the file, and only what is touched is read. The mapping lives
 * while a slice of it is reachable, which tensors over it keep so. Multi-byte numbers are little-endian and need no alignment.
 */
record MappedFile(Path path, MemorySegment bytes) {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static MappedFile open(Path file) throws IOException {
        if (!Files.exists(file)) throw new IOException("there is no file " + file);
        if (!Files.isRegularFile(file)) throw new IOException(file + " is not a file");
        if (!Files.isReadable(file)) throw new AccessDeniedException(file.toString());
        long size = Files.size(file);
        if (size == 0) return new MappedFile(file, MemorySegment.ofArray(new byte[0])); // nothing that could be mapped
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            // Java maps copy-on-write only what it may also write; libtorch needs no more than to read.
            return new MappedFile(file, Aten.fromFile(FileNames.text(file.toAbsolutePath()), Boolean.FALSE, Long.valueOf(size), DType.UINT8).data(Arena.ofAuto()));
        } catch (TorchException refused) {
            throw new IOException(file + " cannot be mapped: " + refused.getMessage(), refused);
        }
    }

    long size() { return bytes.byteSize(); }

    /** @param what names the range where it lies outside the file */
    MemorySegment slice(long at, long length, String what) throws MalformedFileException {
        if (at < 0 || length < 0 || at > size() - length) throw malformed(what + " lies outside the file, or the file was cut off: " + Long.toUnsignedString(length) + " bytes at "
                + Long.toUnsignedString(at) + " of " + size());
        return bytes.asSlice(at, length);
    }

    int u16(long at) throws MalformedFileException { return Short.toUnsignedInt(slice(at, 2, "a number").get(SHORT, 0)); }

    long u32(long at) throws MalformedFileException { return Integer.toUnsignedLong(slice(at, 4, "a number").get(INT, 0)); }

    long i64(long at) throws MalformedFileException { return slice(at, 8, "a number").get(LONG, 0); }

    /** Whether these bytes stand at a place. */
    boolean has(long at, byte... expected) {
        return at >= 0 && at <= size() - expected.length && bytes.asSlice(at, expected.length).mismatch(MemorySegment.ofArray(expected)) < 0;
    }

    MalformedFileException malformed(String what) { return new MalformedFileException(path, what); }
}
