package panatorch.internal.library;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipException;

/** Unpacks the libraries of some jars into a folder. The jars are open as long as this object. */
final class Unpacking implements AutoCloseable {
    private record Packed(NativeSource.Library library, String place) {}

    private final List<NativeSource.Contents> sources = new ArrayList<>();
    private final Map<String, Packed> libraries = new LinkedHashMap<>();

    Unpacking(NativeJars natives) throws IOException {
        try {
            for (NativeSource part : natives.parts()) {
                NativeSource.Contents source = part.open();
                sources.add(source);
                source.libraries().stream().filter(l -> natives.wanted().test(l.name()))
                        .forEach(l -> libraries.put(l.name(), new Packed(l, source.place())));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    long size() { return libraries.values().stream().mapToLong(p -> p.library.size()).sum(); }

    Checksums to(Path folder) throws IOException {
        var entries = new ArrayList<Checksums.Entry>();
        for (Packed packed : libraries.values()) {
            Path file = folder.resolve(packed.library.name());
            entries.add(Checksums.Entry.of(file, copy(packed, file)));
        }
        return new Checksums(entries);
    }

    /**
     * Copies a library to the disk, and returns its checksum. Checks it, as Java's reader of jars does not. Forces it to the disk, as a
     * file that is renamed before that may be empty after a power failure.
     */
    private static long copy(Packed packed, Path file) throws IOException {
        var crc = new CRC32();
        try (InputStream in = packed.library.content().open();
                FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            byte[] buffer = new byte[1 << 16];
            for (int n; (n = in.read(buffer)) >= 0;) {
                crc.update(buffer, 0, n);
                for (var bytes = ByteBuffer.wrap(buffer, 0, n); bytes.hasRemaining();) out.write(bytes);
            }
            out.force(true);
        } catch (ZipException e) {
            throw damaged(packed);
        }
        long expected = packed.library.checksum();
        if (expected != NativeSource.Library.UNKNOWN && crc.getValue() != expected) throw damaged(packed);
        return crc.getValue();
    }

    private static IOException damaged(Packed packed) {
        return new IOException(packed.place + " is damaged; delete it and download it again");
    }

    @Override public void close() throws IOException {
        for (NativeSource.Contents source : sources) source.close();
    }
}
