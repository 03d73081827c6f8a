package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * Runs code while an arena cannot be closed. Java holds an arena as long as a native function runs that was given a segment of it, and in no other
 * public way: so C's {@code bsearch} gets the segment, and the code is its comparison with the one element there is.
 */
public final class HeldSegment {
    private HeldSegment() {}

    private static final ThreadLocal<@Nullable Runnable> CODE = new ThreadLocal<>();
    private static final MethodHandle BSEARCH = bsearch();
    private static final MemorySegment COMPARE = compare();

    @SuppressWarnings("restricted")
    private static MethodHandle bsearch() {
        return Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow("bsearch"), FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS));
    }

    @SuppressWarnings("restricted")
    private static MemorySegment compare() {
        try {
            var target = MethodHandles.lookup().findStatic(HeldSegment.class, "compare", MethodType.methodType(int.class, long.class, long.class));
            return Linker.nativeLinker().upcallStub(target, FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG), Arena.global());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("unused")
    private static int compare(long key, long element) {
        Runnable code = CODE.get();
        CODE.remove();
        if (code != null) code.run();
        return 0;
    }

    /**
     * Runs {@code code}, which throws nothing.
     *
     * @throws IllegalStateException if the arena is closed
     */
    public static void during(MemorySegment segment, Runnable code) {
        CODE.set(code);
        try {
            long found = (long) BSEARCH.invokeExact(segment, segment, 1L, 1L, COMPARE);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        } finally {
            CODE.remove();
        }
    }
}
