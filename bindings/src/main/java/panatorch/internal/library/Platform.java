package panatorch.internal.library;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;

/** The names of this platform and of libraries on it. */
final class Platform {
    private Platform() {}

    /** Returns JavaCPP's name of this platform, such as {@code linux-x86_64}. */
    static String name() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT), arch = System.getProperty("os.arch");
        String system = os.startsWith("linux") ? "linux" : os.startsWith("mac") ? "macosx" : os.startsWith("windows") ? "windows" : os;
        return system + "-" + switch (arch) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64" -> "arm64";
            default -> arch;
        };
    }

    /** Returns the file of a library: {@code libc10.so} for {@code c10}. */
    static Path file(Path folder, String library) {
        return folder.resolve(System.mapLibraryName(library));
    }

    static boolean has(Path folder, String library) { return Files.isRegularFile(file(folder, library)); }

    /**
     * Returns a file by its name.
     *
     * @param by the setting that names it, for the message
     * @param other advice how to name another one, for the message
     * @throws UnsatisfiedLinkError if the name has characters that the locale's character set lacks: Java cannot open such a file
     */
    static Path path(String name, String by, String other) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new UnsatisfiedLinkError(
                    by + " names " + name + ", and with the character set of this locale, " + System.getProperty("sun.jnu.encoding")
                            + ", Java cannot open files of such names: set the environment variable LC_ALL=C.UTF-8 before java starts, or "
                            + other + ".");
        }
    }

    static boolean isLibrary(String name) { return name.contains(".so") || name.contains(".dylib") || name.endsWith(".dll"); }

    static boolean isWindows() { return System.mapLibraryName("").endsWith(".dll"); }
}
