package panatorch.internal.files;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * File names as UTF-8 in any locale. In the POSIX locale Java keeps the bytes of a path that it has listed, but decodes them as ASCII, and
 * refuses text that is not ASCII as a path. Its URIs have all bytes.
 */
public final class FileNames {
    private FileNames() {}

    private static final boolean UTF_8 = "UTF-8".equalsIgnoreCase(System.getProperty("sun.jnu.encoding", "UTF-8"));

    /** Returns the last name of a path, empty for a root. */
    public static String of(Path file) {
        if (plain(file)) return file.getFileName() == null ? "" : file.getFileName().toString();
        String path = text(file);
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Returns the text of the whole path. It is absolute if the locale cannot represent the path. */
    public static String text(Path file) {
        if (plain(file)) return file.toString();
        String path = file.toUri().getPath(); // a folder's ends in a slash
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /**
     * Returns the file with a name in a folder.
     *
     * @throws InvalidPathException if the name is invalid; the message says what to do if the locale is the cause
     */
    public static Path resolve(Path folder, String name) {
        if (UTF_8 || name.chars().allMatch(c -> c < 128)) return folder.resolve(name);
        if (folder.getFileSystem() != FileSystems.getDefault() || name.indexOf('\0') >= 0)
            throw new InvalidPathException(name,
                    "names that are not ASCII need a UTF-8 locale here; set LC_ALL=C.UTF-8 before Java starts");
        try {
            String base = folder.toUri().toString();
            return Path.of(URI
                    .create((base.endsWith("/") ? base : base + "/") + new URI(null, null, "/" + name, null).toASCIIString().substring(1)));
        } catch (URISyntaxException e) {
            throw new InvalidPathException(name, e.getReason());
        }
    }

    /**
     * Returns whether the text of a path is correct. That of another file system always is; in the default one, U+FFFD stands for a byte
     * that is not ASCII.
     */
    private static boolean plain(Path file) {
        return UTF_8 || file.getFileSystem() != FileSystems.getDefault() || file.toString().indexOf('\uFFFD') < 0;
    }
}
