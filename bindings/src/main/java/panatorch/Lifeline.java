package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.logging.log4j.LogManager;
import panatorch.internal.libtorch.CApi;

/** Tensors that tell when libtorch lets go of them, and with that, when a graph they are part of is gone. */
final class Lifeline {
    private Lifeline() {}

    private static final ConcurrentHashMap<Long, Runnable> HELD = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT = new AtomicLong(1);
    private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_FLOAT, 1f), NO_SIZES = Arena.global().allocate(0);
    private static final MemorySegment LET_GO = stub();

    @SuppressWarnings("restricted")
    private static MemorySegment stub() {
        try {
            var target = MethodHandles.lookup().findStatic(Lifeline.class, "letGo", MethodType.methodType(void.class, MemorySegment.class, MemorySegment.class));
            return Linker.nativeLinker().upcallStub(target, FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.ADDRESS), Arena.global());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static void letGo(MemorySegment data, MemorySegment key) {
        try {
            Runnable then = HELD.remove(key.address());
            if (then != null) then.run();
        } catch (Throwable t) { // it may not leave for C++, which would end the process
            LogManager.getLogger(Lifeline.class).error("What was to be done when a graph was gone failed.", t);
        }
    }

    /** A float32 tensor [] of 1. When it is freed, on whatever thread, {@code then} runs; until then it is reachable. */
    static Tensor until(Runnable then) {
        long key = NEXT.getAndIncrement();
        HELD.put(key, then);
        try (var arena = Arena.ofConfined()) {
            var out = arena.allocate(ValueLayout.JAVA_LONG);
            return ThreadContext.current().adopt(CApi.fromBlob(ONE, NO_SIZES, NO_SIZES, DType.FLOAT32.code(), out, LET_GO, MemorySegment.ofAddress(key)));
        } catch (RuntimeException e) {
            HELD.remove(key);
            throw e;
        }
    }
}
