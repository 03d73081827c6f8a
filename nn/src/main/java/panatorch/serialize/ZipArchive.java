package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The entries of a zip file as slices of its bytes (PKWARE's APPNOTE 6.3, with zip64). Java's own reader does not tell where an entry's
 * bytes lie. The whole directory is checked first: entries lie within the file, do not overlap, and have distinct names.
 */
final class ZipArchive {
    private static final int STORED = 0, DEFLATED = 8;
    private static final long NOT_HERE = 0xffff_ffffL; // marks a number that is stored in the zip64 part

    /** The largest ratio of inflated size to file size, beyond 64 MiB. Small files of zeros still load; zip bombs do not. */
    private static final long MOST_INFLATION = 100;

    private record Entry(String name, int method, long crc, long compressed, long size, long header, long begin) {}

    private final FileBytes file;
    private final boolean verifying;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Set<String> verified = new HashSet<>();
    private long inflatable, directory;

    private ZipArchive(FileBytes file, boolean verifying) {
        this.file = file;
        this.verifying = verifying;
        this.inflatable = Math.max(64 << 20, MOST_INFLATION * file.size());
    }

    static boolean recognises(FileBytes file) throws IOException { return file.has(0, (byte) 'P', (byte) 'K', (byte) 3, (byte) 4); }

    static ZipArchive of(FileBytes file) throws IOException { return of(file, false); }

    /** Reads the directory. If {@code verifying}, {@link #storage} verifies the checksum of each entry as it reads it. */
    static ZipArchive of(FileBytes file, boolean verifying) throws IOException {
        var archive = new ZipArchive(file, verifying);
        archive.directory = archive.readDirectory();
        return archive;
    }

    /** Checks by {@link FileBytes#requireUnchanged} that the directory has not changed; it holds the checksum of every entry. */
    void requireUnchanged() throws IOException {
        file.requireUnchanged(directory, file.size() - directory);
    }

    FileBytes file() { return file; }

    Set<String> names() { return entries.keySet(); }

    boolean has(String name) { return entries.containsKey(name); }

    /** Returns whether an entry is stored uncompressed. */
    boolean isStored(String name) {
        Entry e = entries.get(name);
        return e != null && e.method == STORED;
    }

    /** Returns the size of an entry's uncompressed bytes. */
    long size(String name) throws MalformedFileException {
        return entry(name).size;
    }

    private Entry entry(String name) throws MalformedFileException {
        Entry e = entries.get(name);
        if (e == null) throw file.malformed("the archive has no " + name);
        return e;
    }

    /** Returns the bytes of a stored entry, which may not have been read yet, or of an inflated entry, whose checksum was verified. */
    MemorySegment bytes(String name) throws IOException {
        Entry e = entry(name);
        MemorySegment stored = file.place(e.begin, e.compressed, name);
        return e.method == STORED ? stored : inflate(e, file.load(stored));
    }

    /** Returns an entry's bytes after verifying their checksum. */
    MemorySegment checked(String name) throws IOException {
        MemorySegment bytes = file.load(bytes(name));
        verify(entry(name), Crc.of(bytes));
        return bytes;
    }

    private void verify(Entry e, long crc) throws MalformedFileException {
        if (crc != e.crc) throw file.malformed("the bytes of " + e.name + " have changed: their checksum is wrong");
        verified.add(e.name);
    }

    /**
     * Returns an entry's bytes as a storage: a copy, or a view of the mapping where that is aligned.
     *
     * @param from first byte of the storage within the entry
     * @param alignment number of bytes of an element
     */
    Storage storage(String name, long from, int alignment) throws IOException {
        Entry e = entry(name);
        if (e.method != STORED) return Storage.copyOf(file, bytes(name).asSlice(from));
        MemorySegment bytes = bytes(name), part = bytes.asSlice(from);
        if (!verifying) return Storage.of(file, part, alignment);
        if (file.isMapped()) return Storage.of(file, checked(name).asSlice(from), alignment);
        var crc = new CRC32();
        Crc.update(crc, file.load(bytes.asSlice(0, from)));
        Storage storage = Storage.copied(file, part, crc);
        verify(e, crc.getValue());
        return storage;
    }

    /**
     * Allows a compressed entry to inflate to its size, whatever its ratio, if its own header declares just this size: then it is no bomb.
     */
    void declare(String name, long size) throws MalformedFileException {
        if (entry(name).size == size) inflatable = Math.addExact(inflatable, size);
    }

    /**
     * Returns the CRC-32 of the file's first bytes, reading only what lies outside of stored entries. For the entries it takes the
     * checksums in the directory, against which they are verified when they are read.
     *
     * @param end number of bytes
     */
    long checksum(long end) throws IOException {
        long at = 0, crc = 0;
        for (Entry e : sorted()) {
            if (e.method != STORED) continue;
            crc = Crc.combine(crc, Crc.of(file.slice(at, e.begin - at, "a header")), e.begin - at);
            crc = Crc.combine(crc, e.crc, e.size);
            at = e.begin + e.size;
        }
        return Crc.combine(crc, Crc.of(file.slice(at, end - at, "the directory")), end - at);
    }

    /** Verifies the checksums of the entries that have not been read. */
    void verifyRest() throws IOException {
        for (String name : entries.keySet()) if (!verified.contains(name)) checked(name);
    }

    /** Returns up to {@code most} of an entry's first bytes, whose checksum is not verified. */
    MemorySegment beginning(String name, long most) throws IOException {
        Entry e = entry(name);
        MemorySegment stored = file.place(e.begin, e.compressed, name);
        int length = (int) Math.min(most, e.size);
        if (e.method == STORED) return file.load(stored.asSlice(0, length));
        var bytes = new byte[length];
        int done = inflate(e, file.load(stored.asSlice(0, Math.min(stored.byteSize(), 2L * length + 1024))), bytes);
        return MemorySegment.ofArray(bytes).asSlice(0, done);
    }

    String text(String name) throws IOException {
        MemorySegment bytes = checked(name);
        if (bytes.byteSize() > 1 << 16) throw file.malformed(name + " is longer than the 64 KiB that a text entry may have");
        return new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private MemorySegment inflate(Entry e, MemorySegment stored) throws IOException {
        if (e.size > inflatable || e.size > Integer.MAX_VALUE - 9)
            throw file.malformed(e.name + " would inflate to " + e.size
                    + " bytes, more than is allowed for a file of " + file.size()
                    + " bytes; if you trust the file, unpack it and store it uncompressed");
        inflatable -= e.size;
        byte[] whole;
        try {
            whole = new byte[(int) e.size + 1]; // the last one only if too much comes
        } catch (OutOfMemoryError none) {
            throw new IOException(e.name + " of " + file.path() + " inflates to " + e.size + " bytes, for which the Java heap has no room; "
                    + "start Java with a larger -Xmx, or store the file uncompressed", none);
        }
        if (inflate(e, stored, whole) != e.size)
            throw file.malformed(e.name + " does not inflate to the " + e.size + " bytes that its directory gives");
        MemorySegment bytes = MemorySegment.ofArray(whole).asSlice(0, e.size);
        verify(e, Crc.of(bytes));
        return bytes;
    }

    /** Inflates an entry's bytes until an array is full or they end, and returns their number. */
    private int inflate(Entry e, MemorySegment stored, byte[] to) throws IOException {
        try (var inflater = new Inflater(true)) {
            inflater.setInput(stored.byteSize() == 0 ? ByteBuffer.allocate(0)
                    : stored.asSlice(0, Math.min(stored.byteSize(), Integer.MAX_VALUE)).asByteBuffer());
            int done = 0;
            for (int n; done < to.length && (n = inflater.inflate(to, done, to.length - done)) > 0;) done += n;
            return done;
        } catch (DataFormatException damaged) {
            throw file.malformed("the compressed bytes of " + e.name + " are damaged");
        }
    }

    // ---- the directory

    /**
     * Reads and checks the directory.
     *
     * @return the directory's offset in the file
     */
    private long readDirectory() throws IOException {
        long end = findEnd();
        if (file.u16(end + 4) != 0 || file.u16(end + 6) != 0) throw file.malformed("it is a part of an archive of several files");
        long count = file.u16(end + 10), size = file.u32(end + 12), at = file.u32(end + 16);
        boolean zip64 = file.has(end - 20, (byte) 'P', (byte) 'K', (byte) 6, (byte) 7);
        if (zip64 && (at == NOT_HERE || size == NOT_HERE || count == 0xffff)) {
            long wide = file.i64(end - 20 + 8);
            if (!file.has(wide, (byte) 'P', (byte) 'K', (byte) 6, (byte) 6))
                throw file.malformed("the archive's zip64 directory is not where it should be");
            count = file.i64(wide + 32);
            size = file.i64(wide + 40);
            at = file.i64(wide + 48);
        }
        file.slice(at, size, "the archive's directory");
        if (count < 0 || count > size / 46) throw file.malformed("the archive's directory has " + count + " entries in " + size + " bytes");
        long next = at;
        for (long i = 0; i < count; i++) next = readEntry(next, at + size);
        refuseOverlaps(at);
        return at;
    }

    private long findEnd() throws IOException {
        for (long at = file.size() - 22; at >= 0 && at >= file.size() - 22 - 0xffff; at--) {
            if (file.has(at, (byte) 'P', (byte) 'K', (byte) 5, (byte) 6) && at + 22 + file.u16(at + 20) == file.size()) return at;
        }
        throw file.malformed("the archive's directory is missing: the file was truncated, or is not a zip archive");
    }

    private long readEntry(long at, long limit) throws IOException {
        if (!file.has(at, (byte) 'P', (byte) 'K', (byte) 1, (byte) 2))
            throw file.malformed("the archive's directory is damaged at byte " + at);
        int nameLength = file.u16(at + 28), extraLength = file.u16(at + 30), commentLength = file.u16(at + 32);
        long next = at + 46 + nameLength + extraLength + commentLength;
        if (next > limit) throw file.malformed("the archive's directory is damaged at byte " + at);
        String name = new String(file.slice(at + 46, nameLength, "a name").toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        int flags = file.u16(at + 8), method = file.u16(at + 10);
        if ((flags & 1) != 0) throw file.malformed(name + " is encrypted");
        if (method != STORED && method != DEFLATED) throw file.malformed(name + " is compressed by the unknown method " + method);
        if (name.startsWith("/") || name.contains("\\") || List.of(name.split("/")).contains(".."))
            throw file.malformed("the archive "
                    + "has an entry named '" + name + "', which would lie outside of it");
        long[] places = places(at, at + 46 + nameLength, extraLength);
        long size = places[0], compressed = places[1], header = places[2];
        if (!file.has(header, (byte) 'P', (byte) 'K', (byte) 3, (byte) 4))
            throw file.malformed(name + " is not where the archive's directory says");
        long begin = header + 30 + file.u16(header + 26) + file.u16(header + 28);
        file.place(begin, compressed, name);
        if (method == STORED && size != compressed)
            throw file.malformed(name + " is stored and has two sizes, " + size + " and " + compressed);
        if (size < 0) throw file.malformed(name + " has the impossible size " + Long.toUnsignedString(size));
        if (!name.endsWith("/") && entries.put(name, new Entry(name, method, file.u32(at + 16), compressed, size, header, begin)) != null)
            throw file.malformed("the archive has two entries named " + name);
        return next;
    }

    /**
     * Returns size, compressed size and offset of an entry. Numbers that do not fit 32 bits are stored in the zip64 part, in this order.
     */
    private long[] places(long at, long extra, int extraLength) throws IOException {
        long[] places = {file.u32(at + 24), file.u32(at + 20), file.u32(at + 42)};
        for (long e = extra; e + 4 <= extra + extraLength; e += 4 + file.u16(e + 2)) {
            if (file.u16(e) != 1) continue;
            long field = e + 4;
            for (int i = 0; i < places.length; i++) {
                if (places[i] != NOT_HERE) continue;
                if (field + 8 > e + 4 + file.u16(e + 2)) throw file.malformed("the archive's directory is damaged at byte " + e);
                places[i] = file.i64(field);
                field += 8;
            }
            break;
        }
        return places;
    }

    private void refuseOverlaps(long directory) throws MalformedFileException {
        List<Entry> sorted = sorted();
        for (int i = 0; i < sorted.size(); i++) {
            Entry e = sorted.get(i);
            long limit = i + 1 < sorted.size() ? sorted.get(i + 1).header : directory;
            if (e.begin + e.compressed > limit) throw file.malformed("the archive's entry " + e.name + " overlaps the entry after it");
        }
    }

    /** Returns the entries in the order of the file. */
    private List<Entry> sorted() {
        return entries.values().stream().sorted(Comparator.comparingLong(Entry::header)).toList();
    }
}
