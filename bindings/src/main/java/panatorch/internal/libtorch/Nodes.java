package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Of autograd's nodes, what only C++ functions tell. They are called by the names that GCC gives them; where libtorch was built
 * otherwise there are none of these names, and the methods answer so. None of the functions throws.
 */
public final class Nodes {
    private Nodes() {}

    private static final MemoryLayout STRING = MemoryLayout.structLayout(ADDRESS, JAVA_LONG, MemoryLayout.sequenceLayout(16, JAVA_BYTE));
    /** A string of up to this length lies in itself, not on the heap. */
    private static final long SHORT = 15;

    private static final @Nullable MethodHandle ACCUMULATION_HOOK = find("_ZN5torch8autograd4impl19post_acc_grad_hooksERKN2at6TensorE", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG)),
            GRAD_FN = find("_ZN5torch8autograd4impl14grad_fn_unsafeERKN2at6TensorE", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG)),
            NAME = find("_ZNK5torch8autograd4Node4nameB5cxx11Ev", FunctionDescriptor.of(STRING, JAVA_LONG)),
            DELETE = find("_ZdlPv", FunctionDescriptor.ofVoid(JAVA_LONG));

    private static @Nullable MethodHandle find(String name, FunctionDescriptor type) { return CApi.LOOKUP.find(name).isPresent() ? CApi.find(name, type) : null; }

    /** The address of a leaf's pointer to what is called when its gradient was accumulated; 0 if unknown here. */
    public static long accumulationHook(long handle) {
        if (ACCUMULATION_HOOK == null) return 0;
        try {
            return (long) ACCUMULATION_HOOK.invokeExact(handle);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** The name of the node that a tensor is a result of, as {@code MulBackward0}; null for a leaf, or if unknown here. */
    public static @Nullable String nameOfGradFn(long handle) {
        if (GRAD_FN == null || NAME == null || DELETE == null) return null;
        try (var arena = Arena.ofConfined()) {
            long node = (long) GRAD_FN.invokeExact(handle);
            if (node == 0) return null;
            var string = (MemorySegment) NAME.invokeExact((SegmentAllocator) arena, node);
            long length = string.get(JAVA_LONG, 8), heap = string.get(JAVA_LONG, 0);
            byte[] text = length <= SHORT ? string.asSlice(16, length).toArray(JAVA_BYTE) : Memory.ALL.asSlice(heap, length).toArray(JAVA_BYTE);
            if (length > SHORT) DELETE.invokeExact(heap);
            String name = new String(text, StandardCharsets.UTF_8);
            return name.substring(name.lastIndexOf(':') + 1);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
