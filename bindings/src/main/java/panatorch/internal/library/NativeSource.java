package panatorch.internal.library;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The natives of one JavaCPP preset at the place where the class loader finds them: the preset's own jar, which may lie inside another jar
 * as Spring Boot packs it; a jar into which others were merged; a folder; or a run-time image of jlink. The list of files is read only when
 * needed, because reading that of a jar takes as long as loading a library.
 */
sealed interface NativeSource {
    /** A packed native library. */
    record Library(String name, long size, long checksum, Stream content) {
        /** The {@link #checksum} if the source has none. */
        static final long UNKNOWN = -1;

        interface Stream {
            InputStream open() throws IOException;
        }
    }

    /** The libraries of an open source, readable until it is closed. */
    record Contents(String place, List<Library> libraries, Closeable source) implements Closeable {
        @Override public void close() throws IOException { source.close(); }
    }

    Contents open() throws IOException;

    /** Returns the file name of the preset's own jar, or an empty text if the natives are in something else. */
    String jar();

    /** Returns a text that changes when the natives do. */
    String identity() throws IOException;

    /**
     * Returns the source that holds a library.
     *
     * @param preset the JavaCPP preset, as {@code pytorch}
     * @param prefix the folder of its natives within the source, as {@code org/bytedeco/pytorch/linux-x86_64/}
     * @param library the place of a library in that folder
     * @throws IOException if it is a place of which there is no list of files
     */
    static NativeSource of(String preset, String prefix, URL library) throws IOException {
        if (library.openConnection() instanceof JarURLConnection connection) {
            String jar = connection.getJarFileURL().getPath(), name = jar.substring(jar.lastIndexOf('/') + 1);
            return new Jar(library, prefix, name.startsWith(preset + "-") ? name : "");
        }
        try {
            Path folder = Path.of(library.toURI()).getParent();
            if (folder == null) throw new IOException("it is not a file in a folder");
            return new Folder(folder);
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            throw new IOException("it is neither in a jar nor in a folder", e);
        }
    }

    /**
     * Returns the natives of a module that jlink put into this run-time image. No module requires it, so without {@code --add-modules} the
     * class loader does not know it.
     *
     * @return null if there is no such module
     */
    static @Nullable NativeSource inImage(String module, String prefix) {
        try {
            Path folder = Path.of(URI.create("jrt:/" + module + "/" + prefix));
            return Files.isDirectory(folder) ? new Folder(folder) : null;
        } catch (IllegalArgumentException | FileSystemNotFoundException e) {
            return null;
        }
    }

    private static String list(NativeSource source) throws IOException {
        try (Contents contents = source.open()) {
            return contents.libraries.stream().map(l -> l.name + ":" + l.size + ":" + l.checksum + "\n").sorted()
                    .collect(Collectors.joining());
        }
    }

    /** A jar, opened by the class loader's own kind of connection. */
    record Jar(URL library, String prefix, String jar) implements NativeSource {
        @Override public Contents open() throws IOException {
            var connection = (JarURLConnection) library.openConnection();
            connection.setUseCaches(false); // a cached file is shared, and to close it would close it for others
            JarFile file = connection.getJarFile();
            return new Contents(file.getName(), file.stream().filter(e -> !e.isDirectory() && e.getName().startsWith(prefix))
                    .map(e -> new Library(e.getName().substring(e.getName().lastIndexOf('/') + 1), e.getSize(), e.getCrc(),
                            () -> file.getInputStream(e)))
                    .toList(), file);
        }

        @Override public String identity() throws IOException {
            long size = jar.isEmpty() ? -1 : size(((JarURLConnection) library.openConnection()).getJarFileURL());
            return size < 0 ? list(this) : jar + ":" + size + "\n";
        }

        private static long size(URL jar) throws IOException {
            try {
                return jar.getProtocol().equals("file") ? Files.size(Path.of(jar.toURI())) : jar.openConnection().getContentLengthLong();
            } catch (URISyntaxException e) {
                throw new IOException(jar + " is not a URI", e);
            }
        }
    }

    /** A folder, which may be one of a run-time image ({@code jrt:}). */
    record Folder(Path folder) implements NativeSource {
        @Override public Contents open() throws IOException {
            var libraries = new ArrayList<Library>();
            try (var files = Files.newDirectoryStream(folder, Files::isRegularFile)) {
                for (Path file : files)
                    libraries.add(new Library(file.getFileName().toString(), Files.size(file), Library.UNKNOWN,
                            () -> Files.newInputStream(file)));
            }
            return new Contents(folder.toString(), libraries, () -> {});
        }

        @Override public String jar() { return ""; }

        @Override public String identity() throws IOException { return list(this); }
    }
}
