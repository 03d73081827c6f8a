package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import panatorch.internal.library.NativeLibrary;

/**
 * libtorch's C interface, called through Panama. It answers 0 or, after an error, something else, with the error's text
 * in {@link #lastError}. What only reads a tensor is called as critical, without leaving Java's state.
 */
public final class CApi {
    private CApi() {}

    static final SymbolLookup LOOKUP = lookup();

    private static final MethodHandle NUMEL = getter("aoti_torch_get_numel"), DIM = getter("aoti_torch_get_dim"),
            SIZES = getter("aoti_torch_get_sizes"), STRIDES = getter("aoti_torch_get_strides"), DTYPE = getter("aoti_torch_get_dtype"),
            DEVICE_TYPE = getter("aoti_torch_get_device_type"), DEVICE_INDEX = getter("aoti_torch_get_device_index"),
            DATA = getter("aoti_torch_get_data_ptr"), OFFSET = getter("aoti_torch_get_storage_offset"), LAYOUT = getter("aoti_torch_get_layout"),
            STORAGE_SIZE = getter("aoti_torch_get_storage_size");
    // Java takes 5 to 10 ms for each new kind of function, so those that a first result does not need are found when they are called.

    private static final class GradMode {
        static final MethodHandle IS_ENABLED = find("aoti_torch_grad_mode_is_enabled", FunctionDescriptor.of(JAVA_BOOLEAN), Linker.Option.critical(false)),
                SET_ENABLED = find("aoti_torch_grad_mode_set_enabled", FunctionDescriptor.ofVoid(JAVA_BOOLEAN), Linker.Option.critical(false));
    }

    private static final class LastError {
        static final MethodHandle WHAT = find("torch_exception_get_what_without_backtrace", FunctionDescriptor.of(ADDRESS));
    }

    private static final class Blob {
        static final MethodHandle DELETE = find("aoti_torch_delete_tensor_object", FunctionDescriptor.of(JAVA_INT, JAVA_LONG)),
                MAKE = find("torch_from_blob", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG,
                        JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
    }

    private static SymbolLookup lookup() {
        NativeLibrary.load();
        return SymbolLookup.loaderLookup();
    }

    /** A function from a tensor handle, that is the address of a pointer to a {@code TensorImpl}, to a value written at an address. */
    private static MethodHandle getter(String name) {
        return find(name, FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG), Linker.Option.critical(false));
    }

    /** The only restricted method of this class. */
    @SuppressWarnings("restricted")
    static MethodHandle find(String name, FunctionDescriptor type, Linker.Option... options) {
        var symbol = LOOKUP.find(name).orElseThrow(() -> new UnsatisfiedLinkError("libtorch has no function " + name + "; use libtorch " + NativeLibrary.LIBTORCH_VERSION + "."));
        return Linker.nativeLinker().downcallHandle(symbol, type, options);
    }

    public static long numel(long handle, long out) { return get(NUMEL, handle, out); }
    public static long dim(long handle, long out) { return get(DIM, handle, out); }
    /** The address of {@link #dim} 64-bit sizes, valid while the tensor is. */
    public static long sizes(long handle, long out) { return get(SIZES, handle, out); }
    public static long strides(long handle, long out) { return get(STRIDES, handle, out); }
    /** The size of every dimension. */
    public static long[] shape(long handle, long out) { return Memory.longs(sizes(handle, out), dim(handle, out)); }
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

    /** A new {@code TensorImpl} over memory of the caller; {@code deleter}, if not null, is called with {@code context} once libtorch is done with it. */
    public static long fromBlob(MemorySegment data, MemorySegment sizes, MemorySegment strides, int dtype, MemorySegment out, MemorySegment deleter, MemorySegment context) {
        long dims = sizes.byteSize() / 8;
        int status;
        try {
            status = (int) Blob.MAKE.invokeExact(data, dims, sizes, strides, 0L, dtype, 0, -1, out, 0, MemorySegment.NULL, 0L, deleter, context);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
        if (status != 0) throw new RuntimeException(lastError());
        return implementation(out.get(JAVA_LONG, 0));
    }

    /** Moves the {@code TensorImpl} out of the handle that a function of this interface allocated. */
    private static long implementation(long handle) {
        long impl = Memory.getLong(handle);
        References.retain(impl);
        try {
            int status = (int) Blob.DELETE.invokeExact(handle);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
        return impl;
    }

    /** The text of this thread's last error, without the C++ backtrace. */
    public static String lastError() {
        try {
            return Memory.string(((MemorySegment) LastError.WHAT.invokeExact()).address());
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
