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
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import java.util.zip.ZipException;

/** The libraries of some jars, on their way into a folder. The jars are open as long as this is. */
final class Unpacking implements AutoCloseable {
    private record Library(JarFile jar, JarEntry entry) {}

    private final List<JarFile> jars = new ArrayList<>();
    private final Map<String, Library> libraries = new LinkedHashMap<>();

    Unpacking(NativeJars natives) throws IOException {
        try {
            for (NativeJars.Part part : natives.parts()) {
                var jar = new JarFile(part.jar().toFile(), false);
                jars.add(jar);
                jar.stream().filter(e -> !e.isDirectory() && e.getName().startsWith(part.prefix()) && natives.wanted().test(name(e))).forEach(e -> libraries.put(name(e), new Library(jar, e)));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private static String name(JarEntry e) { return e.getName().substring(e.getName().lastIndexOf('/') + 1); }

    long size() { return libraries.values().stream().mapToLong(l -> l.entry.getSize()).sum(); }

    Checksums to(Path folder) throws IOException {
        var entries = new ArrayList<Checksums.Entry>();
        for (var library : libraries.entrySet()) {
            Path file = folder.resolve(library.getKey());
            copy(library.getValue(), file);
            entries.add(Checksums.Entry.of(file, library.getValue().entry.getCrc()));
        }
        return new Checksums(entries);
    }

    /** Java's reader of jars does not look at their checksums; and what is renamed before it is on the disk may be empty after a power failure. */
    private static void copy(Library library, Path file) throws IOException {
        var crc = new CRC32();
        try (InputStream in = library.jar.getInputStream(library.entry); FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            byte[] buffer = new byte[1 << 16];
            for (int n; (n = in.read(buffer)) >= 0; ) {
                crc.update(buffer, 0, n);
                for (var bytes = ByteBuffer.wrap(buffer, 0, n); bytes.hasRemaining(); ) out.write(bytes);
            }
            out.force(true);
        } catch (ZipException e) {
            throw damaged(library);
        }
        if (crc.getValue() != library.entry.getCrc()) throw damaged(library);
    }

    private static IOException damaged(Library library) {
        return new IOException(library.jar.getName() + " is damaged, delete it and have it downloaded again");
    }

    @Override public void close() throws IOException {
        for (JarFile jar : jars) jar.close();
    }
}
