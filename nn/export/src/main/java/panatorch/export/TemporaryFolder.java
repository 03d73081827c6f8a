package panatorch.export;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A folder for the files of compiled code while they are loaded. The system holds a lock on it until it is closed or the process ends, even
 * by a crash, so that later processes can tell and delete what was left behind.
 */
final class TemporaryFolder implements AutoCloseable {
    private static final String PREFIX = "panatorch-compiled-", LOCK = "lock";
    /** The age at which a folder without a lock is one whose process ended before it could make the lock. */
    private static final Duration UNLOCKED = Duration.ofMinutes(1);
    /** The folders of this process. A lock must not be tried by its own process, which would release it on closing the file. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel lock;

    private TemporaryFolder(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /** Makes a folder, and deletes those of processes that have ended. */
    static TemporaryFolder open() throws IOException {
        return open(Path.of(System.getProperty("java.io.tmpdir")));
    }

    static TemporaryFolder open(Path in) throws IOException {
        deleteLeftovers(in);
        Path folder = Files.createTempDirectory(in, PREFIX).toAbsolutePath();
        OWN.add(folder);
        FileChannel lock = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        var made = new TemporaryFolder(folder, lock);
        try {
            lock.lock();
            return made;
        } catch (IOException | RuntimeException | Error e) {
            made.close();
            throw e;
        }
    }

    Path path() { return folder; }

    private static void deleteLeftovers(Path in) {
        try (var folders = Files.newDirectoryStream(in, PREFIX + "*")) {
            for (Path folder : folders) {
                boolean real = Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS); // anybody may put a link here
                if (real && !OWN.contains(folder.toAbsolutePath()) && isLeftover(folder)) delete(folder);
            }
        } catch (IOException | RuntimeException othersFolder) { // nothing that this process needs
        }
    }

    private static boolean isLeftover(Path folder) {
        try (FileChannel lock = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            return lock.tryLock() != null;
        } catch (NoSuchFileException e) {
            try {
                return Files.getLastModifiedTime(folder).toInstant().isBefore(Instant.now().minus(UNLOCKED));
            } catch (IOException gone) {
                return false;
            }
        } catch (IOException | OverlappingFileLockException othersFolder) {
            return false;
        }
    }

    /** Deletes a folder and the files in it, the lock last. */
    private static void delete(Path folder) {
        try {
            List<Path> files = new ArrayList<>();
            try (var stream = Files.newDirectoryStream(folder, f -> !f.endsWith(LOCK))) {
                stream.forEach(files::add);
            }
            for (Path file : files) Files.delete(file);
            Files.deleteIfExists(folder.resolve(LOCK));
            Files.delete(folder);
        } catch (IOException | RuntimeException inUse) { // left for a later process
        }
    }

    /** Deletes the folder. Windows does not delete code that is loaded; a later process does so then. */
    @Override public void close() {
        try {
            lock.close();
        } catch (IOException e) { // nothing was written to it
        }
        delete(folder);
        OWN.remove(folder);
    }
}
