package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * The few functions of CUDA's runtime that libtorch does not expose. They are C functions: they return an error number and throw nothing.
 * libtorch has loaded the library. JavaCPP's CUDA presets would need a jar of classes and one of natives for these three functions, and a
 * pip-installed PyTorch has neither.
 */
public final class CudaRuntime {
    private CudaRuntime() {}

    private static final int BLOCKING_SYNC = 1, DISABLE_TIMING = 2;

    /**
     * Sets how libtorch reacts when it waits for a GPU; returns false if this libtorch keeps the mode under another name.
     *
     * @param mode 0 for nothing, 1 for a warning, 2 for an error
     */
    public static boolean setSyncDebugMode(int mode) {
        MemorySegment state = Symbol.WARNING_STATE.find();
        if (state != null) Memory.setInt(state.address(), mode);
        return state != null;
    }

    private static final class Functions {
        static final MethodHandle CREATE_EVENT = CApi.function(Symbol.CREATE_EVENT), MEMORY_INFO = CApi.function(Symbol.MEMORY_INFO),
                ERROR_TEXT = CApi.function(Symbol.CUDA_ERROR_TEXT);
    }

    /** Creates a {@code cudaEvent_t} of the current device. */
    public static long createEvent(boolean timing, boolean blocking) {
        int flags = (blocking ? BLOCKING_SYNC : 0) | (timing ? 0 : DISABLE_TIMING);
        try (var arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(JAVA_LONG);
            check(Native.call(() -> (int) Functions.CREATE_EVENT.invokeExact(event, flags)));
            return event.get(JAVA_LONG, 0);
        }
    }

    /** Returns the free and the total bytes of the current device's memory. */
    public static long[] memoryInfo() {
        try (var arena = Arena.ofConfined()) {
            MemorySegment free = arena.allocate(JAVA_LONG), total = arena.allocate(JAVA_LONG);
            check(Native.call(() -> (int) Functions.MEMORY_INFO.invokeExact(free, total)));
            return new long[] {free.get(JAVA_LONG, 0), total.get(JAVA_LONG, 0)};
        }
    }

    /** Throws an exception as JavaCPP does for an error of libtorch, unless {@code error} is 0. */
    private static void check(int error) {
        if (error != 0)
            throw new RuntimeException(
                    "CUDA error: " + Memory.string(Native.call(() -> (MemorySegment) Functions.ERROR_TEXT.invokeExact(error)).address()));
    }
}
