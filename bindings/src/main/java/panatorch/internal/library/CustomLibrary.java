package panatorch.internal.library;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads a user's library beside libtorch. {@code System.load} looks up a library's functions when they are first called, and ends
 * the process if one is missing, as in a library for another libtorch; so the system is asked to look up all of them at once.
 */
public final class CustomLibrary {
    private CustomLibrary() {}

    /** The same on Linux and macOS. */
    private static final int RTLD_NOW = 2;

    public static void load(Path library) {
        NativeLibrary.load();
        Path file = library.toAbsolutePath();
        if (!Files.isRegularFile(file)) throw new IllegalArgumentException("There is no library " + file + ".");
        var system = Linker.nativeLinker().defaultLookup();
        var open = system.find("dlopen");
        if (open.isEmpty()) loadOnWindows(file);
        else loadNow(file, function(open.get(), FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT)), function(system.findOrThrow("dlerror"), FunctionDescriptor.of(ADDRESS)));
    }

    /** @param error looked up before, as every look-up forgets the last error */
    private static void loadNow(Path file, MethodHandle open, MethodHandle error) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment library = (MemorySegment) open.invokeExact(arena.allocateFrom(file.toString()), RTLD_NOW), reason = (MemorySegment) error.invokeExact();
            if (library.equals(MemorySegment.NULL)) throw failure(file, reason.equals(MemorySegment.NULL) ? "the system gives no reason" : text(reason));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Looks up all functions at once anyway. Not run on Windows yet. */
    @SuppressWarnings("restricted")
    private static void loadOnWindows(Path file) {
        try {
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            throw failure(file, e.getMessage());
        }
    }

    private static UnsatisfiedLinkError failure(Path file, String reason) {
        String words = reason.startsWith(file + ": ") ? reason.substring(file.toString().length() + 2) : reason;
        String hint = words.contains("undefined symbol") || words.contains("symbol not found") || words.contains("version `")
                ? "; it was probably built for another libtorch than " + NativeLibrary.LIBTORCH_VERSION : "";
        return new UnsatisfiedLinkError("The library " + file + " does not load: " + words + hint + ".");
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(MemorySegment symbol, FunctionDescriptor type) { return Linker.nativeLinker().downcallHandle(symbol, type); }

    @SuppressWarnings("restricted")
    private static String text(MemorySegment pointer) { return pointer.reinterpret(Long.MAX_VALUE).getString(0); }
}
