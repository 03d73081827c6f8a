package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Facts about autograd's nodes that only C++ functions provide, which are looked up by GCC's names. In a libtorch of another compiler these
 * names are missing, and the methods report that. None of the functions throws.
 */
public final class Nodes {
    private Nodes() {}

    /** The greatest length of a string that GCC's library stores in the object itself, not on the heap. */
    private static final long SHORT = 15;

    private static final @Nullable MethodHandle ACCUMULATION_HOOK = find(Symbol.POST_ACCUMULATE_HOOKS), GRAD_FN = find(Symbol.GRAD_FN),
            NAME = find(Symbol.NODE_NAME), DELETE = find(Symbol.DELETE);

    private static @Nullable MethodHandle find(Symbol symbol) {
        NativeLibrary.load();
        return symbol.functionIfThere();
    }

    /**
     * Checks that this libtorch has {@link #accumulationHook}.
     *
     * @throws UnsupportedOperationException if it does not; the message says so
     */
    public static void requireAccumulationHooks() {
        if (ACCUMULATION_HOOK == null) Symbol.POST_ACCUMULATE_HOOKS.address();
    }

    /** Returns the address of a leaf's pointer to the hook that is called after its gradient was accumulated. */
    public static long accumulationHook(long handle) {
        MethodHandle hook = ACCUMULATION_HOOK == null ? Symbol.POST_ACCUMULATE_HOOKS.function() : ACCUMULATION_HOOK;
        return Native.call(() -> (long) hook.invokeExact(handle));
    }

    /** Returns the name of the node that computed a tensor, such as {@code MulBackward0}; null for a leaf, or if it cannot be read here. */
    public static @Nullable String nameOfGradFn(long handle) {
        if (GRAD_FN == null || NAME == null || DELETE == null) return null;
        try (var arena = Arena.ofConfined()) {
            return Native.<@Nullable String>call(() -> {
                long node = (long) GRAD_FN.invokeExact(handle);
                if (node == 0) return null;
                var string = (MemorySegment) NAME.invokeExact((SegmentAllocator) arena, node);
                long length = string.get(JAVA_LONG, 8), heap = string.get(JAVA_LONG, 0);
                byte[] text = length <= SHORT ? string.asSlice(16, length).toArray(JAVA_BYTE)
                        : Memory.ALL.asSlice(heap, length).toArray(JAVA_BYTE);
                if (length > SHORT) DELETE.invokeExact(heap);
                String name = new String(text, StandardCharsets.UTF_8);
                return name.substring(name.lastIndexOf(':') + 1);
            });
        }
    }
}
