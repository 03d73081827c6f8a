package panatorch.internal.library;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Loads libtorch and JavaCPP's part of it, once, from a flat folder of libraries: the folder that
 * {@code -Dpanatorch.libtorch=DIR} or {@code PANATORCH_LIBTORCH} names, a folder of {@code java.library.path} that holds
 * them, or the cache into which the natives' jars are unpacked at the first start.
 */
public final class NativeLibrary {
    private NativeLibrary() {}

    public static final String LIBTORCH_VERSION = "2.13.0";

    /** JavaCPP's and libtorch's libraries in the order of their dependencies; the others of the folder are found beside them. */
    private static final List<String> LIBRARIES = List.of("jnijavacpp", "c10", "torch_cpu", "torch", "jnitorch");

    private static volatile Path folder;

    static {
        // This class loads the libraries itself: JavaCPP would look for them in jars, unpack them one by one, and warn that
        // openblas' presets are one release older than javacpp. That is harmless: only their C library is used, by libtorch.
        preset("org.bytedeco.javacpp.loadLibraries", "false");
        // Every native object here has exactly one owner that frees it; JavaCPP's own book-keeping, a global lock and a look
        // at the process's memory for every object, would cost more than most operators.
        preset("org.bytedeco.javacpp.nopointergc", "true");
        preset("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    }

    private static void preset(String property, String value) {
        if (System.getProperty(property) == null) System.setProperty(property, value);
    }

    /** @throws UnsatisfiedLinkError with one sentence that says what to do */
    public static void load() {
        if (folder == null) loadOnce();
    }

    /** Where the libraries were loaded from. */
    public static Path folder() {
        load();
        return folder;
    }

    private static synchronized void loadOnce() {
        if (folder != null) return;
        Path found = locate();
        if (System.mapLibraryName("").endsWith(".dll")) loadAllThatLoads(found);
        for (String library : LIBRARIES) load(found.resolve(System.mapLibraryName(library)));
        folder = found;
    }

    /** Windows does not look beside a library for those it needs; what is loaded already serves it. Not run on Windows yet. */
    @SuppressWarnings("restricted")
    private static void loadAllThatLoads(Path folder) {
        var left = new java.util.ArrayList<Path>();
        try (var files = Files.list(folder)) {
            files.filter(f -> f.toString().endsWith(".dll")).forEach(left::add);
        } catch (java.io.IOException e) {
            return; // the libraries themselves will say what is wrong with the folder
        }
        int before;
        do {
            before = left.size();
            left.removeIf(f -> {
                try {
                    System.load(f.toString());
                    return true;
                } catch (UnsatisfiedLinkError later) {
                    return false;
                }
            });
        } while (left.size() < before);
    }

    @SuppressWarnings("restricted")
    private static void load(Path library) {
        if (!Files.isRegularFile(library)) throw new UnsatisfiedLinkError("There is no " + library.getFileName() + " in " + library.getParent()
                + ": name a complete folder of libtorch " + LIBTORCH_VERSION + " and JavaCPP's libraries, or none.");
        try {
            System.load(library.toString());
        } catch (UnsatisfiedLinkError e) {
            var better = new UnsatisfiedLinkError("The library " + library + " does not load: " + e.getMessage() + ".");
            better.initCause(e);
            throw better;
        } catch (IllegalCallerException e) {
            throw new UnsatisfiedLinkError("Native access is not granted to PanaTorch: start java with --enable-native-access=ALL-UNNAMED, on the module path =panatorch,org.bytedeco.javacpp,org.bytedeco.pytorch.");
        }
    }

    private static Path locate() {
        String named = System.getProperty("panatorch.libtorch", System.getenv("PANATORCH_LIBTORCH"));
        if (named != null) {
            Path path = Path.of(named).toAbsolutePath();
            if (!Files.isDirectory(path)) throw new UnsatisfiedLinkError("-Dpanatorch.libtorch or PANATORCH_LIBTORCH names " + path + ", which is not a folder.");
            return path;
        }
        for (String entry : System.getProperty("java.library.path", "").split(java.io.File.pathSeparator)) {
            if (!entry.isEmpty() && Files.isRegularFile(Path.of(entry, System.mapLibraryName("jnitorch")))) return Path.of(entry).toAbsolutePath();
        }
        return NativeJars.unpack();
    }
}
