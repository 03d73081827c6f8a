package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.BitSet;
import java.util.Objects;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.internal.files.FileNames;

/**
 * The bytes of a file as memory. A mapped file is mapped copy-on-write, and the mapping lives while a slice of it is reachable, for example
 * from a tensor. A copied file is a reserved region of the file's size into which requested parts are read; it lives until this object is
 * closed. Multi-byte numbers are little-endian and need no alignment. For use by one thread.
 */
final class FileBytes implements AutoCloseable {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final int MOST_AT_ONCE = 1 << 30; // a buffer is 2 GiB at most
    private static final int BLOCK = 1 << 12;
    private static final int IN_CACHE = 1 << 18; // read at once, so that a checksum finds the bytes in the processor's cache

    private final Path path;
    private final MemorySegment bytes;
    private final @Nullable Copy copy;

    private FileBytes(Path path, MemorySegment bytes, @Nullable Copy copy) {
        this.path = path;
        this.bytes = bytes;
        this.copy = copy;
    }

    /**
     * The state of a copied file.
     *
     * @param arena arena of the reserved region, for which the system provides memory only where it is written
     * @param there the blocks that have been read
     * @param channel the open file
     * @param before the file's attributes when it was opened
     */
    private record Copy(Arena arena, BitSet there, FileChannel channel, BasicFileAttributes before) {}

    static FileBytes open(Path file, Reading reading) throws IOException {
        if (!Files.exists(file)) throw new IOException("there is no file " + file);
        if (!Files.isRegularFile(file)) throw new IOException(file + " is not a file");
        if (!Files.isReadable(file)) throw new AccessDeniedException(file.toString());
        if (reading == Reading.COPIED) return copied(file);
        long size = Files.size(file);
        if (size == 0) return new FileBytes(file, MemorySegment.ofArray(new byte[0]), null); // an empty file cannot be mapped
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            // Java maps copy-on-write only files that it may write to; libtorch only has to read.
            return new FileBytes(file, Aten.fromFile(FileNames.text(file.toAbsolutePath()), Boolean.FALSE, Long.valueOf(size), DType.UINT8)
                    .data(Arena.ofAuto()), null);
        } catch (TorchException refused) {
            throw new IOException(file + " cannot be mapped: " + refused.getMessage(), refused);
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // the copy closes the channel
    private static FileBytes copied(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file);
        Arena arena = Arena.ofConfined();
        try {
            var copy = new Copy(arena, new BitSet(), channel, Files.readAttributes(file, BasicFileAttributes.class));
            try (var scope = Scope.open()) {
                return new FileBytes(file, memory(file, channel.size()).data(arena), copy);
            }
        } catch (IOException | RuntimeException | Error e) {
            arena.close();
            channel.close();
            throw e;
        }
    }

    private static Tensor memory(Path file, long size) throws IOException {
        try {
            return Torch.empty(DType.UINT8, Device.CPU, size);
        } catch (TorchException refused) {
            throw new IOException(file + " cannot be copied: there is not enough memory for its " + size
                    + " bytes; use Reading.MAPPED, which needs none: " + refused.getMessage(), refused);
        }
    }

    /** Reads the missing blocks of a part of {@link #bytes} and returns the part. */
    MemorySegment load(MemorySegment place) throws IOException {
        if (copy == null || !place.isNative() || place.byteSize() == 0) return place;
        long begin = offset(place), end = begin + place.byteSize();
        int last = (int) ((end - 1) / BLOCK);
        for (int from = copy.there.nextClearBit((int) (begin / BLOCK)); from <= last; from = copy.there.nextClearBit(from)) {
            int full = copy.there.nextSetBit(from), to = full < 0 || full > last ? last + 1 : full;
            long at = (long) from * BLOCK;
            read(copy.channel, at, bytes.asSlice(at, Math.min((long) to * BLOCK, size()) - at), null);
            copy.there.set(from, to);
        }
        return place;
    }

    /**
     * Copies a part of {@link #bytes} to a tensor uint8 [N] in memory of its own, from the file or from blocks read before. It belongs to
     * the current scope.
     *
     * @param crc takes in the bytes as they are copied, or null
     */
    Tensor copyOf(MemorySegment place, @Nullable CRC32 crc) throws IOException {
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            Tensor own = memory(path, place.byteSize());
            MemorySegment to = own.data(arena);
            int first = (int) (offset(place) / BLOCK);
            if (copy == null || place.byteSize() > 0 && copy.there.nextClearBit(first) > (offset(place) + place.byteSize() - 1) / BLOCK) {
                to.copyFrom(place);
                if (crc != null) Crc.update(crc, to);
            } else {
                read(copy.channel, offset(place), to, crc);
            }
            return scope.move(own);
        }
    }

    private long offset(MemorySegment place) { return place.address() - bytes.address(); }

    private void read(FileChannel channel, long at, MemorySegment to, @Nullable CRC32 crc) throws IOException {
        long most = crc == null ? MOST_AT_ONCE : IN_CACHE;
        for (long done = 0, n; done < to.byteSize(); done += n) {
            ByteBuffer part = to.asSlice(done, Math.min(most, to.byteSize() - done)).asByteBuffer();
            n = channel.read(part, at + done);
            if (n < 0) throw changed("cut short");
            if (crc != null) crc.update(part.flip());
        }
    }

    /**
     * Checks that a copied file has not changed since it was opened: its size, the time of its last change, and some of its bytes that
     * determine the others. A file that was replaced meanwhile passes: the copy is then of the old file.
     */
    void requireUnchanged(long at, long length) throws IOException {
        if (copy == null) return;
        if (copy.channel.size() != size()) throw changed("written to");
        BasicFileAttributes now = Files.exists(path) ? Files.readAttributes(path, BasicFileAttributes.class) : copy.before;
        if (Objects.equals(now.fileKey(), copy.before.fileKey()) && !now.lastModifiedTime().equals(copy.before.lastModifiedTime()))
            throw changed("written to");
        try (var arena = Arena.ofConfined()) {
            MemorySegment again = arena.allocate(length);
            read(copy.channel, at, again, null);
            if (again.mismatch(load(bytes.asSlice(at, length))) >= 0) throw changed("written to");
        }
    }

    private MalformedFileException changed(String how) {
        return malformed("it was " + how + " while it was read; read it again once nobody writes to it");
    }

    Path path() { return path; }

    boolean isMapped() { return copy == null; }

    /** Closes the file, and ends {@link #bytes} unless they are a mapping. */
    @Override public void close() throws IOException {
        if (copy == null) return;
        copy.arena.close();
        copy.channel.close();
    }

    /** Returns the file's bytes; of a copied file, only those that {@link #load} has read. */
    MemorySegment bytes() { return bytes; }

    long size() { return bytes.byteSize(); }

    /**
     * Returns a range of the file, read.
     *
     * @param what name of the range for the message if it lies outside the file
     */
    MemorySegment slice(long at, long length, String what) throws IOException { return load(place(at, length, what)); }

    /** Returns a range of the file that may not have been read yet. */
    MemorySegment place(long at, long length, String what) throws MalformedFileException {
        if (at < 0 || length < 0 || at > size() - length)
            throw malformed(what + " lies outside the file, or the file was truncated: "
                    + Long.toUnsignedString(length) + " bytes at "
                    + Long.toUnsignedString(at) + " of " + size());
        return bytes.asSlice(at, length);
    }

    int u16(long at) throws IOException { return Short.toUnsignedInt(slice(at, 2, "a number").get(SHORT, 0)); }

    long u32(long at) throws IOException { return Integer.toUnsignedLong(slice(at, 4, "a number").get(INT, 0)); }

    long i64(long at) throws IOException { return slice(at, 8, "a number").get(LONG, 0); }

    /** Returns whether the file has the given bytes at a position. */
    boolean has(long at, byte... expected) throws IOException {
        return at >= 0 && at <= size() - expected.length
                && load(bytes.asSlice(at, expected.length)).mismatch(MemorySegment.ofArray(expected)) < 0;
    }

    MalformedFileException malformed(String what) { return new MalformedFileException(path, what); }
}
