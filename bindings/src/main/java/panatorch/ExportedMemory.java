package panatorch;

import java.util.concurrent.ConcurrentHashMap;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Storages;

/**
 * The storages that Java reads through segments. Each segment keeps its storage alive, even if the tensor gets another storage. Meanwhile
 * the storage cannot be resized, which would move its memory. Python's {@code numpy()} does the same, but permanently.
 */
final class ExportedMemory {
    private ExportedMemory() {}

    static final String IN_USE = "a segment or buffer of Tensor.data uses its memory",
            FIXED = "it belongs to Java (Torch.fromBlob), or a segment or buffer of Tensor.data uses it; resize a clone(), or close the "
                    + "arena of the segment first";

    /** The number of segments of each storage that is resizable without them. */
    private static final ConcurrentHashMap<Long, Integer> SEGMENTS = new ConcurrentHashMap<>();

    /** Adds a reference to {@code storage}, which the caller must keep alive during this call, until {@link #end}. */
    static long hold(long storage) {
        References.retain(storage);
        SEGMENTS.compute(storage, (s, n) -> {
            if (n != null) return n + 1;
            if (!Storages.isResizable(s)) return null;
            Storages.setResizable(s, false);
            return 1;
        });
        return storage;
    }

    static boolean holds(long storage) { return SEGMENTS.containsKey(storage); }

    /** Ends a {@link #hold}. The caller then releases the reference. */
    static void end(long storage) {
        SEGMENTS.computeIfPresent(storage, (s, n) -> {
            if (n > 1) return n - 1;
            Storages.setResizable(s, true);
            return null;
        });
    }
}
