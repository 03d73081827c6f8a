package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * libtorch's C interface, called through Panama. Its functions return 0, or another number after an error, whose text is
 * {@link #lastError}. Functions that only read a tensor are called as critical, without a transition to native state.
 */
public final class CApi {
    private CApi() {}

    private static final MethodHandle NUMEL = function(Symbol.GET_NUMEL), DIM = function(Symbol.GET_DIM),
            SIZES = function(Symbol.GET_SIZES),
            STRIDES = function(Symbol.GET_STRIDES), DTYPE = function(Symbol.GET_DTYPE), DEVICE_TYPE = function(Symbol.GET_DEVICE_TYPE),
            DEVICE_INDEX = function(Symbol.GET_DEVICE_INDEX), DATA = function(Symbol.GET_DATA_POINTER),
            OFFSET = function(Symbol.GET_STORAGE_OFFSET),
            LAYOUT = function(Symbol.GET_LAYOUT), STORAGE_SIZE = function(Symbol.GET_STORAGE_SIZE);
    // Java takes 5 to 10 ms for each new kind of function, so those not needed for a first result are looked up at their first call.

    private static final class GradMode {
        static final MethodHandle IS_ENABLED = function(Symbol.GRAD_MODE_IS_ENABLED), SET_ENABLED = function(Symbol.GRAD_MODE_SET_ENABLED);
    }

    private static final class LastError {
        static final MethodHandle WHAT = function(Symbol.EXCEPTION_WHAT);
    }

    private static final class Blob {
        static final MethodHandle DELETE = function(Symbol.DELETE_TENSOR), MAKE = function(Symbol.FROM_BLOB);
    }

    /** Returns a function of libtorch, after loading libtorch. */
    static MethodHandle function(Symbol symbol) {
        NativeLibrary.load();
        return symbol.function();
    }

    public static long numel(long handle, long out) { return get(NUMEL, handle, out); }
    public static long dim(long handle, long out) { return get(DIM, handle, out); }
    /** Returns the address of {@link #dim} 64-bit sizes, valid as long as the tensor. */
    public static long sizes(long handle, long out) {
        return get(SIZES, handle, out);
    }
    public static long strides(long handle, long out) { return get(STRIDES, handle, out); }
    /** Returns the size of every dimension. */
    public static long[] shape(long handle, long out) {
        return Memory.longs(sizes(handle, out), dim(handle, out));
    }
    public static int dtype(long handle, long out) { return (int) get(DTYPE, handle, out); }
    public static int deviceType(long handle, long out) { return (int) get(DEVICE_TYPE, handle, out); }
    public static int deviceIndex(long handle, long out) { return (int) get(DEVICE_INDEX, handle, out); }
    public static int layout(long handle, long out) { return (int) get(LAYOUT, handle, out); }
    public static long dataPointer(long handle, long out) { return get(DATA, handle, out); }
    public static long storageOffset(long handle, long out) { return get(OFFSET, handle, out); }
    public static long storageBytes(long handle, long out) { return get(STORAGE_SIZE, handle, out); }

    private static long get(MethodHandle getter, long handle, long out) {
        int status;
        try {
            status = (int) getter.invokeExact(handle, out);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
        if (status != 0) throw new RuntimeException(lastError());
        return Memory.getLong(out);
    }

    public static boolean gradMode() {
        try {
            return (boolean) GradMode.IS_ENABLED.invokeExact();
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    public static void setGradMode(boolean on) {
        try {
            GradMode.SET_ENABLED.invokeExact(on);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /**
     * Makes a {@code TensorImpl} over memory of the caller. libtorch calls {@code deleter}, if not null, with {@code context} once it no
     * longer uses the memory.
     */
    static long fromBlob(MemorySegment data, MemorySegment sizes, MemorySegment strides, int dtype, MemorySegment out,
            MemorySegment deleter, MemorySegment context) {
        long dims = sizes.byteSize() / 8;
        int status = Native.call(() -> (int) Blob.MAKE.invokeExact(data, dims, sizes, strides, 0L, dtype, 0, -1, out, 0, MemorySegment.NULL,
                0L, deleter, context));
        if (status != 0) throw new RuntimeException(lastError());
        return implementation(out.get(JAVA_LONG, 0));
    }

    /** Moves the {@code TensorImpl} out of the handle that a function of this interface allocated. */
    private static long implementation(long handle) {
        long impl = Memory.getLong(handle);
        References.retain(impl);
        int status = Native.call(() -> (int) Blob.DELETE.invokeExact(handle));
        return impl;
    }

    /** Returns the text of this thread's last error, without the C++ backtrace. */
    public static String lastError() {
        return Memory.string(Native.call(() -> (MemorySegment) LastError.WHAT.invokeExact()).address());
    }
}
