package panatorch.internal.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/**
 * Calls of native functions, and function pointers to Java's methods. {@link MethodHandle#invokeExact} declares {@code throws Throwable},
 * but a native function throws nothing. {@link #call} and {@link #run} spare callers the catch block. The few functions that run with every
 * operator are called without a lambda, in classes of their own.
 */
public final class Native {
    private Native() {}

    /** A native call that returns a value. */
    @FunctionalInterface
    public interface Call<T extends @Nullable Object> {
        T call() throws Throwable;
    }

    /** A native call that returns nothing. */
    @FunctionalInterface
    public interface Run {
        void run() throws Throwable;
    }

    /**
     * Makes a native call and returns its result. Java's own unchecked exceptions, such as that of a closed arena, are thrown unchanged.
     */
    public static <T extends @Nullable Object> T call(Call<T> call) {
        try {
            return call.call();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Makes a native call that returns nothing. Write the lambda with braces; without them Java takes the call's result for an object. */
    public static void run(Run call) {
        call(() -> {
            call.run();
            return true;
        });
    }

    /**
     * Returns a function pointer to a static method of a class, valid as long as the process. The method must not throw, which would end
     * the process.
     *
     * @param lookup the class's own
     * @param method the method's name; its parameters and result are those of {@code type}
     */
    public static MemorySegment stub(MethodHandles.Lookup lookup, String method, FunctionDescriptor type) {
        try {
            return stub(lookup.findStatic(lookup.lookupClass(), method, type.toMethodType()), type, Arena.global());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns a function pointer to {@code target}, which must not throw. It is freed with {@code arena}. */
    @SuppressWarnings("restricted") public static MemorySegment stub(MethodHandle target, FunctionDescriptor type, Arena arena) {
        return Linker.nativeLinker().upcallStub(target, type, arena);
    }

    /** Returns a handle that calls a function by its address, which is the first argument. */
    @SuppressWarnings("restricted") public static MethodHandle byAddress(FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(type);
    }

    /** Returns the zero-terminated string that a native function returned. */
    @SuppressWarnings("restricted") public static String string(MemorySegment pointer) {
        return pointer.reinterpret(Long.MAX_VALUE).getString(0);
    }
}
