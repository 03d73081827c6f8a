package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Notifies when a run of autograd's backward pass ends, by success or failure. libtorch keeps callbacks for the end of a run. It does not
 * call them if the run fails, but destroys them with the run in any case. Such a callback is a {@code std::function<void()>}, which GCC
 * lays out as two words of its own, of which the first is the run's number here; the function that copies and destroys it; and the function
 * that calls it.
 */
public final class PassEnd {
    private PassEnd() {}

    private static final int DESTROY = 3;
    private static final ConcurrentHashMap<Integer, IntConsumer> WAITING = new ConcurrentHashMap<>();

    private static final MethodHandles.Lookup OWN = MethodHandles.lookup();

    private static final class Functions {
        static final MethodHandle ENGINE = CApi.function(Symbol.DEFAULT_ENGINE), QUEUE = CApi.function(Symbol.QUEUE_CALLBACK);
        static final long MANAGE =
                Native.stub(OWN, "manage", FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_LONG, JAVA_LONG, JAVA_INT)).address(),
                CALL = Native.stub(OWN, "nothing", FunctionDescriptor.ofVoid(JAVA_LONG)).address();
    }

    private static final boolean AVAILABLE = Symbol.DEFAULT_ENGINE.isThere() && Symbol.QUEUE_CALLBACK.isThere();

    /**
     * Checks that this libtorch can notify when a run ends.
     *
     * @throws UnsupportedOperationException if it cannot; the message says so
     */
    public static void require() {
        if (!AVAILABLE) Symbol.QUEUE_CALLBACK.address();
    }

    /**
     * Registers {@code then}, which must not throw. It is called with {@code pass} when the run that this thread works for ends, on the
     * thread that ends it.
     */
    public static void call(int pass, IntConsumer then) {
        WAITING.put(pass, then);
        try (var arena = Arena.ofConfined()) {
            MemorySegment callback = arena.allocateFrom(JAVA_LONG, pass, 0, Functions.MANAGE, Functions.CALL);
            long engine = Native.call(() -> (long) Functions.ENGINE.invokeExact());
            Native.run(() -> { Functions.QUEUE.invokeExact(engine, callback.address()); });
        }
    }

    @SuppressWarnings("unused") private static boolean manage(long to, long from, int operation) {
        if (operation == DESTROY) {
            IntConsumer then = WAITING.remove((int) Memory.getLong(to));
            if (then != null) then.accept((int) Memory.getLong(to));
        } else if (to != from) Memory.setLong(to, Memory.getLong(from)); // a copy, or a move: one of them is destroyed
        return false;
    }

    @SuppressWarnings("unused") private static void nothing(long callback) {}
}
