package panatorch.internal.library;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What libraries are called here. */
final class Platform {
    private Platform() {}

    /** JavaCPP's name of this platform, as {@code linux-x86_64}. */
    static String name() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT), arch = System.getProperty("os.arch");
        String system = os.startsWith("linux") ? "linux" : os.startsWith("mac") ? "macosx" : os.startsWith("windows") ? "windows" : os;
        return system + "-" + switch (arch) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64" -> "arm64";
            default -> arch;
        };
    }

    /** The file of a library: {@code libc10.so} of {@code c10}. */
    static Path file(Path folder, String library) { return folder.resolve(System.mapLibraryName(library)); }

    static boolean has(Path folder, String library) { return Files.isRegularFile(file(folder, library)); }

    static boolean isLibrary(String name) { return name.contains(".so") || name.contains(".dylib") || name.endsWith(".dll"); }

    static boolean isWindows() { return System.mapLibraryName("").endsWith(".dll"); }
}
