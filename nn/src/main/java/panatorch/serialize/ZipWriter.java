package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Writes zip files with uncompressed entries whose bytes begin at multiples of 64, so that readers can map them. Uses zip64 where numbers
 * need it.
 */
final class ZipWriter {
    private static final int ALIGNMENT = 64;
    private static final long WIDE = 0xffff_ffffL;

    /** The bytes of a write. The system keeps what is written at once in large pages: with 256 KiB a save takes half as long again. */
    private static final long PIECE = 8 << 20;

    private static final short PADDING = 'F' | 'B' << 8; // the extra field that PyTorch uses for padding

    private record Entry(byte[] name, long crc, long size, long header) {}

    private final FileChannel channel;
    private final List<Entry> entries = new ArrayList<>();
    private long checksum;

    ZipWriter(FileChannel channel) { this.channel = channel; }

    void add(String name, byte[] bytes) throws IOException { add(name, MemorySegment.ofArray(bytes)); }

    /**
     * Adds an entry. Its checksum is computed while the bytes are written, piece by piece, and the header before them is written last.
     *
     * @param bytes parts of the entry, which are written one after another
     */
    void add(String name, MemorySegment... bytes) throws IOException {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        long header = channel.position(), size = Arrays.stream(bytes).mapToLong(MemorySegment::byteSize).sum();
        int fixed = 30 + utf8.length + (size >= WIDE ? 20 : 0) + 4, padding = (int) Math.floorMod(-(header + fixed), (long) ALIGNMENT);
        channel.position(header + fixed + padding);
        var crc = new CRC32();
        for (MemorySegment part : bytes) {
            for (long at = 0; at < part.byteSize(); at += PIECE) {
                ByteBuffer piece = part.asSlice(at, Math.min(PIECE, part.byteSize() - at)).asByteBuffer();
                crc.update(piece.duplicate());
                AtomicFile.writeAll(channel, piece);
            }
        }
        var entry = new Entry(utf8, crc.getValue(), size, header);
        entries.add(entry);
        ByteBuffer before = header(entry, padding);
        add(before);
        for (long at = header; before.hasRemaining();) at += channel.write(before, at);
        checksum = Crc.combine(checksum, entry.crc, size);
    }

    private static ByteBuffer header(Entry e, int padding) {
        boolean wide = e.size >= WIDE;
        int extra = (wide ? 20 : 0) + 4 + padding;
        ByteBuffer b = buffer(30 + e.name.length + extra);
        // names in UTF-8; 1 January 1980, so that equal weights make equal files
        b.putInt(0x04034b50).putShort((short) (wide ? 45 : 20)).putShort((short) 0x800).putShort((short) 0).putInt(0x00210000)
                .putInt((int) e.crc).putInt((int) Math.min(e.size, WIDE)).putInt((int) Math.min(e.size, WIDE))
                .putShort((short) e.name.length).putShort((short) extra).put(e.name);
        if (wide) b.putShort((short) 1).putShort((short) 16).putLong(e.size).putLong(e.size);
        return b.putShort(PADDING).putShort((short) padding).put(new byte[padding]).flip();
    }

    /** Adds bytes that are not an entry's to the checksum of the file. */
    private void add(ByteBuffer bytes) {
        checksum = Crc.combine(checksum, Crc.of(MemorySegment.ofBuffer(bytes)), bytes.remaining());
    }

    private void write(ByteBuffer bytes) throws IOException {
        add(bytes);
        AtomicFile.writeAll(channel, bytes);
    }

    /** Returns the CRC-32 of all bytes written so far. */
    long checksum() { return checksum; }

    /** Writes the directory. The caller then writes the archive's comment of {@code commentLength} bytes. */
    void finish(int commentLength) throws IOException {
        long begin = channel.position();
        for (Entry e : entries) write(directoryEntry(e));
        long size = channel.position() - begin;
        if (begin >= WIDE || entries.size() >= 0xffff) {
            ByteBuffer b = buffer(56 + 20);
            b.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0).putInt(0).putLong(entries.size())
                    .putLong(entries.size()).putLong(size).putLong(begin);
            b.putInt(0x07064b50).putInt(0).putLong(begin + size).putInt(1);
            write(b.flip());
        }
        short count = (short) Math.min(entries.size(), 0xffff);
        write(buffer(22).putInt(0x06054b50).putInt(0).putShort(count).putShort(count).putInt((int) Math.min(size, WIDE))
                .putInt((int) Math.min(begin, WIDE)).putShort((short) commentLength).flip());
    }

    private static ByteBuffer directoryEntry(Entry e) {
        int wide = (e.size >= WIDE ? 16 : 0) + (e.header >= WIDE ? 8 : 0), extra = wide == 0 ? 0 : 4 + wide;
        ByteBuffer b = buffer(46 + e.name.length + extra);
        short version = (short) (wide == 0 ? 20 : 45);
        b.putInt(0x02014b50).putShort(version).putShort(version).putShort((short) 0x800).putShort((short) 0).putInt(0x00210000)
                .putInt((int) e.crc)
                .putInt((int) Math.min(e.size, WIDE)).putInt((int) Math.min(e.size, WIDE)).putShort((short) e.name.length)
                .putShort((short) extra).putShort((short) 0).putShort((short) 0)
                .putShort((short) 0).putInt(0).putInt((int) Math.min(e.header, WIDE)).put(e.name);
        if (wide > 0) b.putShort((short) 1).putShort((short) wide);
        if (e.size >= WIDE) b.putLong(e.size).putLong(e.size);
        if (e.header >= WIDE) b.putLong(e.header);
        return b.flip();
    }

    private static ByteBuffer buffer(int size) { return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN); }
}
