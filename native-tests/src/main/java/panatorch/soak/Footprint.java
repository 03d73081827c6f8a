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
 * What this process holds, at a moment when nothing computes (Linux only).
 *
 * @param resident memory in RAM, in bytes
 * @param nativeHeap what C and C++ have allocated and not freed, in bytes
 * @param tensors live ones
 * @param forgotten tensors that nobody closed and the garbage collector freed, since the start
 * @param threads of the operating system
 * @param files open ones, sockets and pipes among them
 */
public record Footprint(long resident, long nativeHeap, long tensors, long forgotten, long threads, long files) {
    /**
     * Java's heap grows and shrinks by regions and its compiled code grows for minutes; glibc keeps what is freed for
     * each of its arenas. A leak of native memory shows in the native heap before.
     */
    private static final long RESIDENT_TOLERANCE = 128L << 20;
    /** Java allocates there, too, for code that it compiles and for collections. */
    private static final long NATIVE_HEAP_TOLERANCE = 16L << 20;
    /** Java starts and ends threads for compilation, collections and virtual threads as it needs them. */
    private static final long THREADS_TOLERANCE = 6;

    static Footprint now() throws IOException {
        var memory = Torch.memoryStats();
        return new Footprint(memory.residentBytes(), memory.nativeHeapBytes(), memory.liveTensors(), memory.collectedTensors(), count("/proc/self/task"), count("/proc/self/fd"));
    }

    private static long count(String folder) throws IOException {
        try (Stream<Path> entries = Files.list(Path.of(folder))) {
            return entries.count();
        }
    }

    /** A sentence for each that is not back where it was in {@code before}. There is no tolerance for tensors and files: all of them are the program's own. */
    public List<String> growthSince(Footprint before) {
        var sentences = new ArrayList<String>();
        if (tensors != before.tensors) sentences.add("There are " + tensors + " live tensors, and were " + before.tensors + ".");
        if (forgotten != before.forgotten) sentences.add((forgotten - before.forgotten) + " tensors were left to the garbage collector.");
        if (files != before.files) sentences.add("There are " + files + " open files, and were " + before.files + ".");
        if (threads > before.threads + THREADS_TOLERANCE) sentences.add("There are " + threads + " threads, and were " + before.threads + ".");
        if (nativeHeap > before.nativeHeap + NATIVE_HEAP_TOLERANCE) sentences.add("The native heap has " + mib(nativeHeap) + " MiB, and had " + mib(before.nativeHeap) + ".");
        if (resident > before.resident + RESIDENT_TOLERANCE) sentences.add("Resident memory is " + mib(resident) + " MiB, and was " + mib(before.resident) + ".");
        return sentences;
    }

    private static String mib(long bytes) { return String.format(Locale.ROOT, "%.1f", bytes / (double) (1 << 20)); }

    @Override public String toString() {
        return "resident " + mib(resident) + " MiB, native heap " + mib(nativeHeap) + " MiB, " + tensors + " tensors (" + forgotten + " forgotten), " + threads + " threads, " + files + " files";
    }
}
