package panatorch.internal.library;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Detects another copy of libtorch in this process, such as DJL's or one that JavaCPP loaded. Two copies would call each other's functions.
 */
final class OtherLibtorch {
    private OtherLibtorch() {}

    private static final Path MAPS = Path.of("/proc/self/maps");

    /** Returns the folder of the libtorch in this process; null if there is none, or the system does not report it. */
    static @Nullable Path folder() {
        String any = "/" + System.mapLibraryName("c10");
        if (!Files.isReadable(MAPS)) return null;
        try (var lines = Files.lines(MAPS)) {
            return lines.filter(line -> line.endsWith(any)).map(line -> Path.of(line.substring(line.indexOf('/'))).getParent()).findFirst()
                    .orElse(null);
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * Refuses to continue with a second libtorch.
     *
     * @throws UnsatisfiedLinkError if one is loaded that is not that in {@code folder}
     */
    static void refuse(Path folder) {
        Path other = folder();
        if (other == null) return;
        try {
            if (Files.isSameFile(Platform.file(other, "c10"), Platform.file(folder, "c10"))) return;
        } catch (IOException gone) {
            // a file that was deleted since counts as another, too
        }
        throw new UnsatisfiedLinkError("This process has loaded another libtorch already, from " + other
                + ", and a process can hold only one: remove the library that loaded it, or have both use it, if its version is "
                + NativeLibrary.LIBTORCH_VERSION + ", with -Dpanatorch.libtorch=" + other + ".");
    }
}
