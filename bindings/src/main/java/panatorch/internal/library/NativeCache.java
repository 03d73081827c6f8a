package panatorch.internal.library;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.logging.log4j.Level;
import org.jspecify.annotations.Nullable;
import panatorch.internal.log.Log;

/**
 * The cache of unpacked natives of the class path's jars. Each version has a flat folder of its own under {@link #root}, which gets its
 * name only once it is complete. One process unpacks at a time, and the others wait for it. The system holds the lock and releases it if
 * the process is killed.
 */
public final class NativeCache {
    private NativeCache() {}

    private static final String UNFINISHED = "unfinished-";

    /**
     * The folder of the cache.
     *
     * @param from the setting that names it, for messages
     */
    public record Root(Path folder, String from) {}

    /** Returns the folder of the cache. */
    public static Path root() { return named().folder(); }

    /**
     * Returns the folder of the cache and the setting that names it: {@code -Dpanatorch.cache=DIR}, or {@code XDG_CACHE_HOME} or
     * {@code HOME} as in other programs, or {@code user.home}, which Java takes from the system's list of users.
     *
     * @throws UnsatisfiedLinkError if no setting names a folder, or Java cannot open it; the message says what to do
     */
    public static Root named() {
        return named(System.getProperty("panatorch.cache"), Platform.isWindows() ? Map.of() : System.getenv(),
                System.getProperty("user.home"));
    }

    static Root named(@Nullable String property, Map<String, String> environment, String userHome) {
        if (property != null) return new Root(path(property, "-Dpanatorch.cache").toAbsolutePath(), "-Dpanatorch.cache");
        // Relative ones are to be ignored, says the specification of base directories.
        String xdg = environment.getOrDefault("XDG_CACHE_HOME", ""), home = environment.getOrDefault("HOME", "");
        if (isFull(xdg)) return new Root(path(xdg, "XDG_CACHE_HOME").resolve("panatorch"), "XDG_CACHE_HOME");
        if (isFull(home)) return new Root(inHome(home, "HOME"), "HOME");
        if (Platform.isWindows() || isFull(userHome)) return new Root(inHome(userHome, "user.home"), "user.home");
        throw new UnsatisfiedLinkError(
                "There is no folder to unpack libtorch to, since this user has no home: set HOME or XDG_CACHE_HOME to a writable "
                        + "folder, or name one with -Dpanatorch.cache=DIR.");
    }

    private static boolean isFull(String path) { return path.startsWith("/"); }

    private static Path inHome(String home, String by) { return path(home, by).resolve(".cache").resolve("panatorch"); }

    private static Path path(String name, String by) {
        return Platform.path(name, by, "name a folder with an ASCII name with -Dpanatorch.cache=DIR");
    }

    /** Returns the folder of these natives. Unpacks them if the folder is missing or damaged. */
    static Path folder(NativeJars jars) {
        Path folder = root().resolve(jars.name());
        try {
            if (damage(folder) == null) return folder;
            Files.createDirectories(root());
            try (var lock = lock()) {
                String damage = damage(folder);
                if (damage == null) return folder;
                if (Files.exists(folder)) say(Level.WARN, "The natives in " + folder + " are unpacked again, as " + damage + ".", null);
                else say(Level.INFO, "Unpacking libtorch to " + folder + ", once.", null);
                if (lock != null) deleteLeftovers();
                unpack(jars, folder);
            }
            return folder;
        } catch (IOException e) {
            var error = new UnsatisfiedLinkError("libtorch could not be unpacked to " + root() + ": " + describe(e)
                    + "; name another folder with -Dpanatorch.cache=DIR.");
            error.initCause(e);
            throw error;
        }
    }

    /** Returns why the folder cannot be used, or null if it can. */
    private static @Nullable String damage(Path folder) throws IOException {
        Checksums checksums = Checksums.read(folder);
        if (checksums == null) return "its list of files is damaged or gone";
        String file = checksums.damaged(folder);
        return file == null ? null : file + " is damaged";
    }

    /** Reads all files of a folder of the cache, and returns what is wrong with them, or null. */
    public static @Nullable String verify(Path folder) throws IOException {
        Checksums checksums = Checksums.read(folder);
        String file = checksums == null ? Checksums.FILE : checksums.damagedInside(folder);
        return file == null ? null : file + " is damaged; delete " + folder + ", and the next start unpacks it again";
    }

    /**
     * Locks the cache; returns null if the file system has no locks. Then two processes may unpack the same natives, and the first that
     * finishes wins.
     */
    private static @Nullable FileChannel lock() throws IOException {
        FileChannel channel = FileChannel.open(root().resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            channel.lock();
            return channel;
        } catch (IOException e) {
            channel.close();
            say(Level.DEBUG, "no lock in " + root(), e);
            return null;
        }
    }

    private static void unpack(NativeJars jars, Path folder) throws IOException {
        Path unfinished = Files.createTempDirectory(root(), UNFINISHED);
        try {
            try (var files = new Unpacking(jars)) {
                long free = Files.getFileStore(unfinished).getUsableSpace();
                if (free < files.size())
                    throw new IOException("it takes " + megabytes(files.size()) + ", and only " + megabytes(free) + " are free there");
                files.to(unfinished).write(unfinished);
            }
            if (Files.exists(folder)) {
                Path damaged = Files.createTempDirectory(root(), UNFINISHED);
                Files.move(folder, damaged, StandardCopyOption.ATOMIC_MOVE);
                deleteFolder(damaged);
            }
            try {
                Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileSystemException e) {
                if (damage(folder) != null) throw e; // else a process that could not lock either was faster
            }
        } finally {
            deleteFolder(unfinished);
        }
    }

    /** Deletes unfinished folders of killed processes. The lock ensures that nobody is writing there. */
    private static void deleteLeftovers() throws IOException {
        try (var files = Files.newDirectoryStream(root(), UNFINISHED + "*")) {
            for (Path leftover : files) deleteFolder(leftover);
        }
    }

    private static void deleteFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) return;
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                if (Files.isDirectory(file)) deleteFolder(file);
                else Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** The natives of one version in the cache: the folder and its size. */
    public record Version(Path folder, long bytes) {}

    /** Returns the folders of the cache that are not in use. They hold other versions, which are never deleted automatically. */
    public static List<Version> others(List<Path> used) throws IOException {
        var others = new ArrayList<Version>();
        if (!Files.isDirectory(root())) return others;
        try (var folders = Files.newDirectoryStream(root(),
                f -> Files.isDirectory(f) && !used.contains(f) && !f.getFileName().toString().startsWith(UNFINISHED))) {
            for (Path folder : folders) others.add(new Version(folder, size(folder)));
        }
        return others;
    }

    public static long size(Path folder) throws IOException {
        long bytes = 0;
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) bytes += Files.size(file);
        }
        return bytes;
    }

    public static String megabytes(long bytes) { return (bytes + 999_999) / 1_000_000 + " MB"; }

    private static String describe(IOException e) {
        if (!(e instanceof FileSystemException f)) return String.valueOf(e.getMessage());
        String why = f.getReason() != null ? f.getReason() : f instanceof AccessDeniedException ? "not allowed to write there"
                : f instanceof NoSuchFileException ? "no such folder" : "it is a file, not a folder";
        return f.getFile() + " (" + why + ")";
    }

    private static void say(Level level, String message, @Nullable Throwable cause) { Log.say(NativeCache.class, level, message, cause); }
}
