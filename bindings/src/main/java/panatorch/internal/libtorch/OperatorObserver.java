package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Observes the operators that a thread calls, and those that libtorch's threads call in its place, by callbacks of
 * {@code at::RecordFunction}. libtorch copies the callbacks of a thread into those that work for it, so a callback may still be called a
 * moment after it was removed. Function pointers are therefore never freed, but used again.
 */
public final class OperatorObserver implements AutoCloseable {
    /** What is called around each operator, on the thread that runs it. It must neither throw nor call an operator. */
    public interface Listener {
        void started(ObservedCall call);

        void ended(ObservedCall call);
    }

    private static final int SCOPES = 10;

    private static final class Functions {
        static final MethodHandle ADD = CApi.function(Symbol.ADD_OPERATOR_CALLBACK),
                REMOVE = CApi.function(Symbol.REMOVE_OPERATOR_CALLBACK);
        static final MethodHandle START, END;

        static {
            try {
                var own = MethodHandles.lookup();
                START = own.findVirtual(Slot.class, "start", START_TYPE.toMethodType());
                END = own.findVirtual(Slot.class, "end", END_TYPE.toMethodType());
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** The result, a {@code std::unique_ptr}, is written to memory at the first argument. */
    private static final FunctionDescriptor START_TYPE = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG),
            END_TYPE = FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG);

    /** A pair of function pointers, and the listener that it serves now. */
    private static final class Slot {
        private static final List<Slot> FREE = new ArrayList<>();

        private volatile @Nullable Listener listener;
        private final MemorySegment start = Native.stub(Functions.START.bindTo(this), START_TYPE, Arena.global()),
                end = Native.stub(Functions.END.bindTo(this), END_TYPE, Arena.global());

        static Slot take(Listener listener) {
            Slot slot;
            synchronized (FREE) {
                slot = FREE.isEmpty() ? new Slot() : FREE.removeLast();
            }
            slot.listener = listener;
            return slot;
        }

        void give() {
            listener = null;
            synchronized (FREE) {
                FREE.add(this);
            }
        }

        @SuppressWarnings("unused") long start(long result, long call) {
            Memory.setLong(result, 0);
            Listener to = listener;
            if (to != null) to.started(new ObservedCall(call));
            return result;
        }

        @SuppressWarnings("unused") void end(long call, long context) {
            Listener to = listener;
            if (to != null) to.ended(new ObservedCall(call));
        }
    }

    private final Thread owner = Thread.currentThread();
    private final Slot slot;
    private final long handle;
    private boolean closed;

    private OperatorObserver(Slot slot, long handle) {
        this.slot = slot;
        this.handle = handle;
    }

    /**
     * Begins to observe this thread.
     *
     * @param inputs whether the listener reads inputs
     * @param outputs whether the listener reads outputs
     * @throws UnsupportedOperationException if this libtorch or this machine has no such callbacks
     * @throws IllegalStateException on a virtual thread, whose carrier has the callbacks
     */
    public static OperatorObserver start(Listener listener, boolean inputs, boolean outputs) {
        // Elsewhere the address of the result is passed in a register that is not one of the arguments.
        if (!System.getProperty("os.arch").equals("amd64"))
            throw new UnsupportedOperationException("Not available here: " + Symbol.Feature.PROFILER + ". Only x86-64 is supported.");
        if (Thread.currentThread().isVirtual())
            throw new IllegalStateException("operators of a virtual thread cannot be observed; use a platform thread");
        Symbol.ADD_OPERATOR_CALLBACK.address();
        int _ = Tag.NONE; // its class calls operators when it is initialised, which must not happen in a callback
        Slot slot = Slot.take(listener);
        try (var arena = Arena.ofConfined()) {
            MemorySegment callback = arena.allocate(40, 8);
            callback.set(ADDRESS, 0, slot.start);
            callback.set(ADDRESS, 8, slot.end);
            callback.set(JAVA_DOUBLE, 16, 1);
            for (int scope = 0; scope < SCOPES; scope++) callback.set(JAVA_BYTE, 24 + scope, (byte) 1);
            callback.set(JAVA_BYTE, 24 + SCOPES, (byte) (inputs ? 1 : 0));
            callback.set(JAVA_BYTE, 25 + SCOPES, (byte) (outputs ? 1 : 0));
            return new OperatorObserver(slot, Native.call(() -> (long) Functions.ADD.invokeExact(callback)));
        }
    }

    /**
     * Stops observing. Closing twice is harmless.
     *
     * @throws WrongThreadException on another thread than that which started
     */
    @Override public void close() {
        if (closed) return;
        if (Thread.currentThread() != owner)
            throw new WrongThreadException("close a profiler or a FLOP counter on the thread that started it");
        closed = true;
        Native.run(() -> { Functions.REMOVE.invokeExact(handle); });
        slot.give();
    }
}
