package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.util.List;
import panatorch.internal.natives.Symbol;

/**
 * libtorch's {@code at::cuda::CUDAGraph}, by the names that GCC gives its functions; elsewhere there are none. They are called so that what
 * they throw is caught. One thread's, from {@link #begin} to {@link #end}.
 */
public final class NativeGraph {
    /**
     * The object takes 344 bytes in libtorch 2.13.0: up to there its constructor writes, and so many its header gives. More room does no
     * harm.
     */
    private static final long BYTES = 1024, ALIGNMENT = 16;
    /**
     * Of {@code cudaStreamCaptureMode}: what other threads do, as those that load data and free memory, is no part of the capture and does
     * not spoil it.
     */
    private static final byte THREAD_LOCAL = 1;

    private static final List<Symbol> FUNCTIONS = List.of(Symbol.GRAPH_CONSTRUCT, Symbol.GRAPH_DESTROY, Symbol.GRAPH_REGISTER,
            Symbol.GRAPH_BEGIN, Symbol.GRAPH_END, Symbol.GRAPH_REPLAY, Symbol.GRAPH_RESET);

    private static final class Functions {
        static final CatchingCall CONSTRUCT = catching(Symbol.GRAPH_CONSTRUCT), DESTROY = catching(Symbol.GRAPH_DESTROY),
                REGISTER = catching(Symbol.GRAPH_REGISTER),
                END = catching(Symbol.GRAPH_END), REPLAY = catching(Symbol.GRAPH_REPLAY), RESET = catching(Symbol.GRAPH_RESET);
        /** Takes this, the two words of the pair and the mode. Its object begins with the graph, which is made at the end. */
        static final CatchingMethod BEGIN = new CatchingMethod(Symbol.GRAPH_BEGIN.address().address());

        private static CatchingCall catching(Symbol function) { return new CatchingCall(function.address().address()); }
    }

    private final Arena memory = Arena.ofShared();
    private final long graph = memory.allocate(BYTES, ALIGNMENT).address();

    private NativeGraph() {}

    /** Returns whether this libtorch has all functions under these names. */
    public static boolean isAvailable() {
        return FUNCTIONS.stream().allMatch(Symbol::isThere);
    }

    public static NativeGraph make() {
        var made = new NativeGraph();
        try {
            Functions.CONSTRUCT.call(made.graph, 0); // keep_graph: no, what was captured is made executable at the end
        } catch (RuntimeException e) {
            made.memory.close();
            throw e;
        }
        return made;
    }

    /**
     * Before {@link #begin}: replays go on in this generator's numbers. The default generator is known by itself.
     *
     * @param generator the {@code GeneratorImpl}
     */
    public void register(long generator) {
        try (var arena = Arena.ofConfined()) {
            var handle = arena.allocate(JAVA_LONG);
            handle.set(JAVA_LONG, 0, generator);
            Functions.REGISTER.call(graph, handle.address());
        }
    }

    /**
     * Has the current stream, which is not the default one, record instead of compute. Also after an exception {@link #end} is due:
     * libtorch may have begun, and make memory for the random numbers of replays when it fails.
     */
    public void begin() { Functions.BEGIN.call(graph, 0, 0, THREAD_LOCAL); } // with a pool of its own, {0, 0}

    /**
     * On the same stream.
     *
     * @throws RuntimeException if something that cannot be captured spoiled it; the stream computes again all the same
     */
    public void end() { Functions.END.call(graph); }

    public void replay() { Functions.REPLAY.call(graph); }

    /** Frees the graph and its memory. */
    public void free() {
        // The destructor resets, too, and ends the process if that throws: if it did, the rest of the object stays.
        Functions.RESET.call(graph);
        Functions.DESTROY.call(graph);
        memory.close();
    }
}
