package panatorch.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/** Drops and refills the system's page cache of a file (Linux only). */
final class PageCache {
    private static final int O_RDONLY = 0, POSIX_FADV_DONTNEED = 4;
    private static final MethodHandle OPEN = function("open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle ADVISE = function("posix_fadvise", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private PageCache() {}

    @SuppressWarnings("restricted") private static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
    }

    /**
     * Drops the file, which must be on the disk, from the cache. Mapped pages would stay, so this waits for the end of this process's
     * mappings.
     */
    static void drop(Path file) {
        try (var arena = Arena.ofConfined()) {
            awaitUnmapped(file);
            int opened = (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), O_RDONLY);
            if (opened < 0) throw new IOException(file + " cannot be opened");
            int error = (int) ADVISE.invokeExact(opened, 0L, 0L, POSIX_FADV_DONTNEED), closed = (int) CLOSE.invokeExact(opened);
            if (error != 0 || closed != 0) throw new IOException("the system keeps " + file + ": error " + error);
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    /**
     * Reads the file from the disk once, from its beginning to its end. The size of the pieces that the system caches depends on how the
     * file was read.
     */
    static void refill(Path file) {
        drop(file);
        try (var in = Files.newInputStream(file)) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the garbage collector has ended the mapping of a file whose tensors are freed. */
    static void awaitUnmapped(Path file) throws IOException, InterruptedException {
        for (int i = 0; i < 100; i++) {
            if (!Files.readString(Path.of("/proc/self/maps")).contains(file.toString())) return;
            System.gc();
            Thread.sleep(20);
        }
        throw new IOException(file + " is still mapped");
    }
}
