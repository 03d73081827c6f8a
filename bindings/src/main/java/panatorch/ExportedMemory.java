package panatorch;

import java.util.concurrent.ConcurrentHashMap;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Storages;

/**
 * The storages that Java reads through segments. Each segment keeps its storage alive, whatever storage the tensor has by then, and
 * meanwhile the storage cannot be resized, which would move its memory; so does Python with {@code numpy()}, for good.
 */
final class ExportedMemory {
    private ExportedMemory() {}

    /** How many segments there are of each storage that is resizable without them. */
    private static final ConcurrentHashMap<Long, Integer> SEGMENTS = new ConcurrentHashMap<>();

    /** Holds {@code storage}, which somebody else holds now, until {@link #release}. */
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

    static void release(long storage) {
        SEGMENTS.computeIfPresent(storage, (s, n) -> {
            if (n > 1) return n - 1;
            Storages.setResizable(s, true);
            return null;
        });
        Call call = Call.releasing();
        call.release(Storages.TAG, storage);
        call.end();
    }
}
