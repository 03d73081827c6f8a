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
 * Facts about autograd's nodes that only C++ functions tell. They are called by the names that GCC gives them; where libtorch was built
 * otherwise there are none of these names, and the methods answer so. None of the functions throws.
 */
public final class Nodes {
    private Nodes() {}

    /** A string of up to this length lies in itself, not on the heap. */
    private static final long SHORT = 15;

    private static final @Nullable MethodHandle ACCUMULATION_HOOK = find(Symbol.POST_ACCUMULATE_HOOKS), GRAD_FN = find(Symbol.GRAD_FN),
            NAME = find(Symbol.NODE_NAME), DELETE = find(Symbol.DELETE);

    private static @Nullable MethodHandle find(Symbol symbol) {
        NativeLibrary.load();
        return symbol.functionIfThere();
    }

    /** @throws UnsupportedOperationException if this libtorch has no {@link #accumulationHook}, with a sentence that says so */
    public static void requireAccumulationHooks() {
        if (ACCUMULATION_HOOK == null) Symbol.POST_ACCUMULATE_HOOKS.address();
    }

    /** The address of a leaf's pointer to what is called when its gradient was accumulated. */
    public static long accumulationHook(long handle) {
        MethodHandle hook = ACCUMULATION_HOOK == null ? Symbol.POST_ACCUMULATE_HOOKS.function() : ACCUMULATION_HOOK;
        return Native.call(() -> (long) hook.invokeExact(handle));
    }

    /** The name of the node that a tensor is a result of, as {@code MulBackward0}; null for a leaf, or if unknown here. */
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
