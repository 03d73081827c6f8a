package panatorch.internal.library;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Unpacks the natives' jars of the class path into one flat folder of the user's cache, the first time they are used.
 * The folder appears under its name, made of the jars' names and sizes, only once it is complete.
 */
final class NativeJars {
    private NativeJars() {}

    private static final List<String> PRESETS = List.of("javacpp", "openblas", "pytorch");

    /** @return the folder of the libraries */
    static Path unpack() {
        String platform = platform();
        var jars = new ArrayList<JarFile>();
        try {
            for (String preset : PRESETS) jars.add(jar(preset, platform));
            Path cache = cacheRoot();
            Path folder = cache.resolve(platform + "-" + key(jars));
            if (Files.isDirectory(folder)) return folder;
            log().info("Unpacking libtorch to {}, once.", folder);
            Path unfinished = Files.createTempDirectory(Files.createDirectories(cache), "unfinished-");
            try {
                for (JarFile jar : jars) unpack(jar, platform, unfinished);
                move(unfinished, folder);
            } finally {
                deleteFolder(unfinished);
            }
            return folder;
        } catch (IOException e) {
            var error = new UnsatisfiedLinkError("libtorch could not be unpacked: " + describe(e) + "; -Dpanatorch.cache=DIR names another folder for it.");
            error.initCause(e);
            throw error;
        } finally {
            for (JarFile jar : jars) close(jar);
        }
    }

    /** Asked for only when there is something to say: a logging framework takes longer to start than libtorch to load. */
    private static Logger log() { return LogManager.getLogger(NativeJars.class); }

    private static Path cacheRoot() {
        String named = System.getProperty("panatorch.cache");
        return named != null ? Path.of(named).toAbsolutePath() : Path.of(System.getProperty("user.home"), ".cache", "panatorch");
    }

    /** JavaCPP's name of this platform. */
    static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT), arch = System.getProperty("os.arch");
        String system = os.startsWith("linux") ? "linux" : os.startsWith("mac") ? "macosx" : os.startsWith("windows") ? "windows" : os;
        return system + "-" + switch (arch) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64" -> "arm64";
            default -> arch;
        };
    }

    private static JarFile jar(String preset, String platform) throws IOException {
        String anyLibrary = "org/bytedeco/" + preset + "/" + platform + "/" + switch (preset) {
            case "javacpp" -> System.mapLibraryName("jnijavacpp");
            case "openblas" -> System.mapLibraryName("jniopenblas_nolapack");
            default -> System.mapLibraryName("jnitorch");
        };
        URL url = NativeJars.class.getClassLoader().getResource(anyLibrary);
        if (url == null) throw new UnsatisfiedLinkError("The natives of " + preset + " for " + platform + " are not on the class path: add org.bytedeco:"
                + preset + " with the classifier " + platform + " (on the module path also --add-modules ALL-MODULE-PATH), or name a folder with -Dpanatorch.libtorch=DIR.");
        if (!(url.openConnection() instanceof JarURLConnection connection)) throw new IOException(anyLibrary + " is not in a jar but at " + url);
        connection.setUseCaches(false);
        return connection.getJarFile();
    }

    private static String key(List<JarFile> jars) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (JarFile jar : jars) {
                Path path = Path.of(jar.getName());
                digest.update((path.getFileName() + ":" + Files.size(path) + "\n").getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static void unpack(JarFile jar, String platform, Path folder) throws IOException {
        for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
            String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
            if (!entry.getName().contains("/" + platform + "/") || !isLibrary(name) || isUnused(name)) continue;
            try (InputStream in = jar.getInputStream(entry)) {
                Files.copy(in, folder.resolve(name));
            }
        }
    }

    private static boolean isLibrary(String name) { return name.contains(".so") || name.contains(".dylib") || name.endsWith(".dll"); }

    /** JavaCPP's own openblas bindings, 70 MB, and gloo's: neither libtorch nor this project calls them. */
    private static boolean isUnused(String name) { return name.contains("jniopenblas") || name.contains("jnitorch_gloo"); }

    /** Another process may have finished the same folder first; then that one serves. */
    private static void move(Path unfinished, Path folder) throws IOException {
        try {
            Files.move(unfinished, folder, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
            log().debug("{} is there already", folder);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("the folder cannot be renamed in one step", e);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(folder)) throw e;
        }
    }

    private static void deleteFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) return;
        try (var files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) Files.delete(file);
        }
        Files.delete(folder);
    }

    private static String describe(IOException e) {
        return e instanceof FileSystemException f ? f.getFile() + (f.getReason() == null ? " (" + e.getClass().getSimpleName() + ")" : " (" + f.getReason() + ")") : e.getMessage();
    }

    private static void close(JarFile jar) {
        try {
            jar.close();
        } catch (IOException e) {
            log().debug("closing {}", jar.getName(), e);
        }
    }
}
