package panatorch.internal.library;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Loads a user's library in addition to libtorch. With {@code System.load}, the system looks up a library's functions when they are first
 * called, and ends the process if one is missing, as in a library for another libtorch. So this class asks the system to look up all of
 * them at once.
 */
public final class CustomLibrary {
    private CustomLibrary() {}

    /** The flag to look up all functions at once, the same on Linux and macOS. */
    private static final int RTLD_NOW = 2;

    public static void load(Path library) {
        NativeLibrary.load();
        Path file = library.toAbsolutePath();
        if (!Files.isRegularFile(file)) throw new IllegalArgumentException("There is no library " + file + ".");
        MethodHandle open = Symbol.DLOPEN.functionIfThere();
        if (open == null) loadOnWindows(file);
        else loadNow(file, open, Symbol.DLERROR.function());
    }

    /** @param error {@code dlerror}, looked up before, as every look-up clears the last error */
    private static void loadNow(Path file, MethodHandle open, MethodHandle error) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(file.toString());
            String failed = Native.call(() -> {
                MemorySegment library = (MemorySegment) open.invokeExact(name, RTLD_NOW), reason = (MemorySegment) error.invokeExact();
                if (!library.equals(MemorySegment.NULL)) return "";
                return reason.equals(MemorySegment.NULL) ? "the system gives no reason" : Native.string(reason);
            });
            if (!failed.isEmpty()) throw failure(file, failed);
        }
    }

    /** Loads a library on Windows, which looks up all functions at once anyway. Not tested on Windows yet. */
    @SuppressWarnings("restricted") private static void loadOnWindows(Path file) {
        try {
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            throw failure(file, String.valueOf(e.getMessage()));
        }
    }

    private static UnsatisfiedLinkError failure(Path file, String reason) {
        String words = reason.startsWith(file + ": ") ? reason.substring(file.toString().length() + 2) : reason;
        String hint = words.contains("undefined symbol") || words.contains("symbol not found") || words.contains("version `")
                ? "; it was probably built for another libtorch than " + NativeLibrary.LIBTORCH_VERSION : "";
        return new UnsatisfiedLinkError("The library " + file + " does not load: " + words + hint + ".");
    }
}
