package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Runs code while an arena cannot be closed. Java keeps an arena open while a native function runs that got a segment of it; there is no
 * other public way. So C's {@code bsearch} gets the segment, and calls the code as its comparison function, once, for the only element.
 */
public final class HeldSegment {
    private HeldSegment() {}

    private static final ThreadLocal<@Nullable Runnable> CODE = new ThreadLocal<>();
    private static final MethodHandle BSEARCH = Symbol.BSEARCH.function();
    private static final MemorySegment COMPARE =
            Native.stub(MethodHandles.lookup(), "compare", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

    @SuppressWarnings("unused") private static int compare(long key, long element) {
        Runnable code = CODE.get();
        CODE.remove();
        if (code != null) code.run();
        return 0;
    }

    /**
     * Runs {@code code}, which must not throw, while the segment's arena cannot be closed.
     *
     * @throws IllegalStateException if the arena is closed
     */
    public static void during(MemorySegment segment, Runnable code) {
        CODE.set(code);
        try {
            long found = Native.call(() -> (long) BSEARCH.invokeExact(segment, segment, 1L, 1L, COMPARE));
        } finally {
            CODE.remove();
        }
    }
}
