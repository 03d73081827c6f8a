package panatorch.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import panatorch.Torch;

/**
 * The memory, tensors, threads and files of this process at a moment when nothing computes (Linux only).
 *
 * @param resident resident memory in bytes
 * @param nativeHeap memory that C and C++ have allocated and not freed, in bytes
 * @param tensors number of live tensors
 * @param forgotten number of tensors since the start that were never closed and that the garbage collector freed
 * @param threads number of threads of the operating system
 * @param files number of open files, with sockets and pipes
 */
public record Footprint(long resident, long nativeHeap, long tensors, long forgotten, long threads, long files) {
    /**
     * The tolerance of resident memory. Java's heap grows and shrinks by regions and its compiled code grows for minutes; glibc keeps freed
     * memory for each of its arenas. A leak of native memory shows in the native heap earlier.
     */
    private static final long RESIDENT_TOLERANCE = 128L << 20;
    /** The tolerance of the native heap, in which Java allocates too, for compiling and for garbage collections. */
    private static final long NATIVE_HEAP_TOLERANCE = 16L << 20;
    /** The tolerance of threads: Java starts and ends its own for compiling, garbage collections and virtual threads. */
    private static final long THREADS_TOLERANCE = 6;

    static Footprint now() throws IOException {
        var memory = Torch.memoryStats();
        return new Footprint(memory.residentBytes(), memory.nativeHeapBytes(), memory.liveTensors(), memory.collectedTensors(),
                count("/proc/self/task"), count("/proc/self/fd"));
    }

    private static long count(String folder) throws IOException {
        try (Stream<Path> entries = Files.list(Path.of(folder))) {
            return entries.count();
        }
    }

    /**
     * Returns a sentence for each value that is not back at that of {@code before}. Tensors and files have no tolerance, since all of them
     * are the program's own.
     */
    public List<String> growthSince(Footprint before) {
        var sentences = new ArrayList<String>();
        if (tensors != before.tensors) sentences.add("There are " + tensors + " live tensors, and were " + before.tensors + ".");
        if (forgotten != before.forgotten) sentences.add((forgotten - before.forgotten) + " tensors were left to the garbage collector.");
        if (files != before.files) sentences.add("There are " + files + " open files, and were " + before.files + ".");
        if (threads > before.threads + THREADS_TOLERANCE)
            sentences.add("There are " + threads + " threads, and were " + before.threads + ".");
        if (nativeHeap > before.nativeHeap + NATIVE_HEAP_TOLERANCE)
            sentences.add("The native heap has " + mib(nativeHeap) + " MiB, and had " + mib(before.nativeHeap) + ".");
        if (resident > before.resident + RESIDENT_TOLERANCE)
            sentences.add("Resident memory is " + mib(resident) + " MiB, and was " + mib(before.resident) + ".");
        return sentences;
    }

    private static String mib(long bytes) { return String.format(Locale.ROOT, "%.1f", bytes / (double) (1 << 20)); }

    @Override public String toString() {
        return "resident " + mib(resident) + " MiB, native heap " + mib(nativeHeap) + " MiB, " + tensors + " tensors (" + forgotten
                + " forgotten), " + threads + " threads, " + files + " files";
    }
}
