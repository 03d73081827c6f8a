package panatorch.internal.library;

import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Makes the C library keep freed memory, for training. glibc returns large blocks and empty heaps of threads to the system at once. A
 * training step then takes the same memory from the system again, page by page, which takes up to a fifth of the step's processor time. In
 * a process that only does inference, with many threads and no such steps, glibc's settings do not change.
 */
public final class FreedMemory {
    private FreedMemory() {}

    private static final int MIB = 1 << 20;
    /** The names of glibc's tunables and, in capitals, of its variables. */
    private static final List<String> SETTINGS = List.of("trim_threshold", "top_pad", "mmap_threshold", "mmap_max");
    /** The options that glibc's {@code malloc.h} calls {@code M_TRIM_THRESHOLD}, {@code M_TOP_PAD} and {@code M_MMAP_THRESHOLD}. */
    private static final int TRIM_THRESHOLD = -1, TOP_PAD = -2, MMAP_THRESHOLD = -3;
    /**
     * The size of a thread's heap in glibc. An empty heap is returned to the system unless the one before it has less room than the pad;
     * larger blocks are outside heaps.
     */
    private static final int HEAP = 64 * MIB;
    /** The amount of freed memory kept in the first thread's heap, whose size is not limited. */
    private static final int MOST_KEPT = 256 * MIB;

    private static volatile boolean decided;

    /** Makes the C library keep freed memory from now on. Called before each pass of autograd; the first call decides for the process. */
    public static void keep() {
        if (!decided) decide();
    }

    private static synchronized void decide() {
        if (decided) return;
        decided = true;
        if (isLeftAlone(System.getProperty("panatorch.malloc"), System.getenv())) return;
        MethodHandle mallopt = Symbol.MALLOPT.functionIfThere();
        if (mallopt != null && Symbol.GLIBC_VERSION.isThere()) set(mallopt);
    }

    /** Returns whether the user has chosen the C library's behaviour, with PanaTorch's property or in one of glibc's two ways. */
    static boolean isLeftAlone(@Nullable String property, Map<String, String> environment) {
        String tunables = environment.getOrDefault("GLIBC_TUNABLES", "");
        return "default".equals(property) || SETTINGS.stream().anyMatch(
                s -> environment.containsKey("MALLOC_" + s.toUpperCase(Locale.ROOT) + "_") || tunables.contains("glibc.malloc." + s + "="));
    }

    private static void set(MethodHandle mallopt) {
        set(mallopt, TRIM_THRESHOLD, MOST_KEPT);
        set(mallopt, TOP_PAD, HEAP);
        set(mallopt, MMAP_THRESHOLD, HEAP);
    }

    private static void set(MethodHandle mallopt, int option, int bytes) {
        int done = Native.call(() -> (int) mallopt.invokeExact(option, bytes));
    }
}
