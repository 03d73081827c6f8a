package panatorch.internal.libtorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.NativeAccess;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/** NVIDIA's driver library, which is there wherever CUDA works. libtorch need not be loaded for it. */
public final class CudaDriver {
    private static final int NO_FUNCTION = -1;

    private final SymbolLookup library;

    public CudaDriver(SymbolLookup library) { this.library = library; }

    /** Returns the driver of this system, or null if there is none. */
    @SuppressWarnings("restricted") public static @Nullable CudaDriver find() {
        NativeAccess.requireOwn();
        try {
            return new CudaDriver(SymbolLookup
                    .libraryLookup(Symbol.Platform.here() == Symbol.Platform.WINDOWS ? "nvcuda.dll" : "libcuda.so.1", Arena.global()));
        } catch (IllegalArgumentException e) {
            return null; // no such library
        }
    }

    public int init() { return call(Symbol.DRIVER_INIT, f -> (int) f.invokeExact(0)); }

    public int device(MemorySegment device, int index) { return call(Symbol.DRIVER_DEVICE, f -> (int) f.invokeExact(device, index)); }

    public int name(MemorySegment text, int bytes, int device) {
        return call(Symbol.DRIVER_NAME, f -> (int) f.invokeExact(text, bytes, device));
    }

    public int totalMemory(MemorySegment bytes, int device) { return call(Symbol.DRIVER_MEMORY, f -> (int) f.invokeExact(bytes, device)); }

    /** @param bytes room for 16 bytes, which differ for every GPU and every part of a divided one */
    public int uuid(MemorySegment bytes, int device) {
        return call(Symbol.DRIVER_UUID, f -> (int) f.invokeExact(bytes, device));
    }

    public int attribute(MemorySegment value, int attribute, int device) {
        return call(Symbol.DRIVER_ATTRIBUTE, f -> (int) f.invokeExact(value, attribute, device));
    }

    private interface Status {
        int of(MethodHandle function) throws Throwable;
    }

    /** Calls a function of the driver, and returns its status: 0 for success, {@link #NO_FUNCTION} if the driver lacks it. */
    private int call(Symbol symbol, Status status) {
        MemorySegment address = symbol.find(library);
        return address == null ? NO_FUNCTION : Native.call(() -> status.of(symbol.function(address)));
    }
}
