package panatorch.internal.library;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Another copy of libtorch in this process, as DJL's or one that JavaCPP loaded: the two would take each other's functions. */
final class OtherLibtorch {
    private OtherLibtorch() {}

    private static final Path MAPS = Path.of("/proc/self/maps");

    /** libtorch's folder in this process; null if there is none, or the system does not tell. */
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

    /** @throws UnsatisfiedLinkError if there is another than that in {@code folder} */
    static void refuse(Path folder) {
        Path other = folder();
        if (other == null) return;
        try {
            if (Files.isSameFile(Platform.file(other, "c10"), Platform.file(folder, "c10"))) return;
        } catch (IOException gone) {
            // a file that was deleted since is another, too
        }
        throw new UnsatisfiedLinkError("This process has loaded another libtorch already, from " + other
                + ", and two do not live in one: start PanaTorch without what brought that one, or have both use it, if it is of "
                + NativeLibrary.LIBTORCH_VERSION + ", with -Dpanatorch.libtorch=" + other + ".");
    }
}
