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

/**
 * Writes zip files with uncompressed entries whose bytes begin at multiples of 64, so that readers can map them. Uses zip64 where numbers
 * need it.
 */
final class ZipWriter {
    private static final int ALIGNMENT = 64;
    private static final long WIDE = 0xffff_ffffL;
    private static final short PADDING = 'F' | 'B' << 8; // the extra field that PyTorch uses for padding

    private record Entry(byte[] name, long crc, long size, long header) {}

    private final FileChannel channel;
    private final List<Entry> entries = new ArrayList<>();

    ZipWriter(FileChannel channel) { this.channel = channel; }

    void add(String name, byte[] bytes) throws IOException { add(name, MemorySegment.ofArray(bytes)); }

    /**
     * Adds an entry.
     *
     * @param bytes parts of the entry, which are written one after another
     */
    void add(String name, MemorySegment... bytes) throws IOException {
        var e = new Entry(name.getBytes(StandardCharsets.UTF_8), ZipArchive.crc(bytes),
                Arrays.stream(bytes).mapToLong(MemorySegment::byteSize).sum(), channel.position());
        boolean wide = e.size >= WIDE;
        int fixed = 30 + e.name.length + (wide ? 20 : 0) + 4;
        int padding = (int) Math.floorMod(-(e.header + fixed), (long) ALIGNMENT);
        ByteBuffer b = buffer(fixed + padding);
        // names in UTF-8; 1 January 1980, so that equal weights make equal files
        b.putInt(0x04034b50).putShort((short) (wide ? 45 : 20)).putShort((short) 0x800).putShort((short) 0).putInt(0x00210000)
                .putInt((int) e.crc).putInt((int) Math.min(e.size, WIDE)).putInt((int) Math.min(e.size, WIDE))
                .putShort((short) e.name.length).putShort((short) (fixed + padding - 30 - e.name.length)).put(e.name);
        if (wide) b.putShort((short) 1).putShort((short) 16).putLong(e.size).putLong(e.size);
        b.putShort(PADDING).putShort((short) padding).put(new byte[padding]);
        AtomicFile.writeAll(channel, b.flip());
        for (MemorySegment part : bytes) AtomicFile.writeAll(channel, part);
        entries.add(e);
    }

    /** Writes the directory. The caller then writes the archive's comment of {@code commentLength} bytes. */
    void finish(int commentLength) throws IOException {
        long begin = channel.position();
        for (Entry e : entries) AtomicFile.writeAll(channel, directoryEntry(e));
        long size = channel.position() - begin;
        if (begin >= WIDE || entries.size() >= 0xffff) {
            ByteBuffer b = buffer(56 + 20);
            b.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0).putInt(0).putLong(entries.size())
                    .putLong(entries.size()).putLong(size).putLong(begin);
            b.putInt(0x07064b50).putInt(0).putLong(begin + size).putInt(1);
            AtomicFile.writeAll(channel, b.flip());
        }
        short count = (short) Math.min(entries.size(), 0xffff);
        AtomicFile.writeAll(channel,
                buffer(22).putInt(0x06054b50).putInt(0).putShort(count).putShort(count).putInt((int) Math.min(size, WIDE))
                        .putInt((int) Math.min(begin, WIDE))
                        .putShort((short) commentLength).flip());
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
