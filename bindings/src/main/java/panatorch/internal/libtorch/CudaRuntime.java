package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The few functions of CUDA's runtime that libtorch has no other way to. They are C: they answer an error's number and throw nothing. libtorch has loaded
 * the library. JavaCPP's presets of CUDA would take a jar of classes and one of natives for these three, and a pip-installed PyTorch has neither.
 */
public final class CudaRuntime {
    private CudaRuntime() {}

    private static final int BLOCKING_SYNC = 1, DISABLE_TIMING = 2;

    public static final String CREATE_EVENT = "cudaEventCreateWithFlags", MEMORY_INFO = "cudaMemGetInfo", ERROR_TEXT = "cudaGetErrorString";

    /** The one {@code c10::cuda::WarningState} of the process, a 32-bit word, as GCC names the static object of an inline function. */
    static final String WARNING_STATE = "_ZZN3c104cuda13warning_stateEvE14warning_state_";

    /** @param mode 0 nothing, 1 a warning, 2 an error when libtorch waits for a GPU; false where this libtorch keeps it under another name */
    public static boolean setSyncDebugMode(int mode) {
        var state = CApi.LOOKUP.find(WARNING_STATE);
        state.ifPresent(s -> Memory.setInt(s.address(), mode));
        return state.isPresent();
    }

    private static final class Functions {
        static final MethodHandle CREATE_EVENT = CApi.find(CudaRuntime.CREATE_EVENT, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT)),
                MEMORY_INFO = CApi.find(CudaRuntime.MEMORY_INFO, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS)),
                ERROR_TEXT = CApi.find(CudaRuntime.ERROR_TEXT, FunctionDescriptor.of(ADDRESS, JAVA_INT));
    }

    /** A new {@code cudaEvent_t} of the current device. */
    public static long createEvent(boolean timing, boolean blocking) {
        int flags = (blocking ? BLOCKING_SYNC : 0) | (timing ? 0 : DISABLE_TIMING);
        try (var arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(JAVA_LONG);
            check((int) Functions.CREATE_EVENT.invokeExact(event, flags));
            return event.get(JAVA_LONG, 0);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** The bytes of the current device that are free, and all it has. */
    public static long[] memoryInfo() {
        try (var arena = Arena.ofConfined()) {
            MemorySegment free = arena.allocate(JAVA_LONG), total = arena.allocate(JAVA_LONG);
            check((int) Functions.MEMORY_INFO.invokeExact(free, total));
            return new long[] {free.get(JAVA_LONG, 0), total.get(JAVA_LONG, 0)};
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** As JavaCPP reports what libtorch throws. */
    private static void check(int error) throws Throwable {
        if (error != 0) throw new RuntimeException("CUDA error: " + Memory.string(((MemorySegment) Functions.ERROR_TEXT.invokeExact(error)).address()));
    }
}
