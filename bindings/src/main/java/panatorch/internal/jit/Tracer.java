package panatorch.internal.jit;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.pytorch.Graph;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Value;
import panatorch.JavaCpp;
import panatorch.Tensor;
import panatorch.internal.libtorch.Borrowed;
import panatorch.internal.libtorch.CatchingCall;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * libtorch's tracer, which records the operators that this thread calls in a graph. While it is open, it is this thread's; close it on the
 * same thread.
 *
 * <p>
 * JavaCPP has no {@code TracingState}, so it lies in memory of Java's: after the base class, which is a weak pointer, comes a shared
 * pointer to the graph. libtorch gets it as a shared pointer that does not count.
 */
final class Tracer implements AutoCloseable {
    private static final long GRAPH = 16, MOST_BYTES = 4096;
    private static final CatchingCall CONSTRUCT = call(Symbol.TRACE_CONSTRUCT), DESTROY = call(Symbol.TRACE_DESTROY),
            SET = call(Symbol.SET_TRACE), SET_TRACED = call(Symbol.SET_TRACED), NORMALIZE = call(Symbol.NORMALIZE_OPS);
    private static final MethodHandle IS_TRACED = Symbol.IS_TRACED.function(), TRACED = Symbol.TRACED.function();

    private final Arena arena = Arena.ofConfined();
    private final long state;
    /** The graph of JavaCPP's in the place of the state's own, whose shared pointer follows. */
    private final Graph graph = JavaCpp.call(Graph::new);
    private final long[] own;
    private boolean recording;

    private static CatchingCall call(Symbol symbol) { return new CatchingCall(symbol.address().address()); }

    Tracer() {
        state = arena.allocate(MOST_BYTES, 16).address();
        JavaCpp.run(() -> CONSTRUCT.call(state));
        own = Memory.longs(state + GRAPH, 2);
        setGraph(graph.address(), 0);
    }

    private void setGraph(long graph, long count) {
        Memory.setLong(state + GRAPH, graph);
        Memory.setLong(state + GRAPH + 8, count);
    }

    /** Returns the graph, to which inputs and outputs can be added. It is freed with this tracer, unless a function has it. */
    Graph graph() {
        return graph;
    }

    /** Begins to record. */
    void start() {
        set(state);
        recording = true;
    }

    /** Ends recording. */
    void stop() {
        if (recording) set(0);
        recording = false;
    }

    private static void set(long state) {
        try (var own = Arena.ofConfined()) {
            MemorySegment shared = own.allocate(16, 8);
            shared.set(ValueLayout.JAVA_LONG, 0, state);
            JavaCpp.run(() -> SET.call(shared.address()));
        }
    }

    /** Makes a value of the graph that of a tensor. */
    void put(Tensor tensor, Value value) {
        try (var own = tensor.unwrap(); var holder = new IValue(own)) {
            JavaCpp.run(() -> SET_TRACED.call(holder.address(), value.address()));
        }
    }

    /**
     * Returns the value of a tensor in the graph.
     *
     * @throws IllegalArgumentException if the tensor does not depend on what was recorded
     */
    Value get(Tensor tensor, String what) {
        try (var own = tensor.unwrap(); var holder = new IValue(own)) {
            long address = holder.address();
            boolean there = Native.call(() -> (boolean) IS_TRACED.invokeExact(state, address));
            if (!there)
                throw new IllegalArgumentException(what + " does not depend on the inputs or parameters by operators that were recorded; "
                        + "was it computed before, or by Java?");
            long value = Native.call(() -> (long) TRACED.invokeExact(state, address)); // throws only for what is not there
            return new Value(Borrowed.at(value));
        }
    }

    /** Gives the operators of the graph their usual names. */
    void normalize() {
        try (var own = Arena.ofConfined()) {
            MemorySegment shared = own.allocate(16, 8);
            shared.set(ValueLayout.JAVA_LONG, 0, graph.address());
            JavaCpp.run(() -> NORMALIZE.call(shared.address()));
        }
    }

    @Override public void close() {
        stop();
        setGraph(own[0], own[1]);
        JavaCpp.run(() -> DESTROY.call(state));
        graph.close();
        arena.close();
    }
}
