package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.util.List;
import panatorch.internal.natives.Symbol;

/**
 * libtorch's {@code at::cuda::CUDAGraph}. Its functions are looked up by GCC's names, which a libtorch of another compiler lacks, and
 * called behind an exception barrier. From {@link #begin} to {@link #end} it belongs to one thread.
 */
public final class NativeGraph {
    /**
     * The room for the object, which takes 344 bytes in libtorch 2.13.0, according to its header and to what its constructor writes. More
     * room does no harm.
     */
    private static final long BYTES = 1024, ALIGNMENT = 16;
    /**
     * The {@code cudaStreamCaptureMode} in which the work of other threads, such as those that load data and free memory, is no part of the
     * capture and does not spoil it.
     */
    private static final byte THREAD_LOCAL = 1;

    private static final List<Symbol> FUNCTIONS = List.of(Symbol.GRAPH_CONSTRUCT, Symbol.GRAPH_DESTROY, Symbol.GRAPH_REGISTER,
            Symbol.GRAPH_BEGIN, Symbol.GRAPH_END, Symbol.GRAPH_REPLAY, Symbol.GRAPH_RESET);

    private static final class Functions {
        static final CatchingCall CONSTRUCT = catching(Symbol.GRAPH_CONSTRUCT), DESTROY = catching(Symbol.GRAPH_DESTROY),
                REGISTER = catching(Symbol.GRAPH_REGISTER),
                END = catching(Symbol.GRAPH_END), REPLAY = catching(Symbol.GRAPH_REPLAY), RESET = catching(Symbol.GRAPH_RESET);
        /**
         * Takes {@code this}, the two words of the pair and the mode. The object's first word is the graph handle, which is set only at the
         * end of the capture.
         */
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
            Functions.CONSTRUCT.call(made.graph, 0); // keep_graph: no, the captured work is made executable at the end
        } catch (RuntimeException e) {
            made.memory.close();
            throw e;
        }
        return made;
    }

    /**
     * Registers a generator, before {@link #begin}, so that replays draw from it. The default generator needs no registration.
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
     * Makes the current stream, which must not be the default one, record instead of compute. Call {@link #end} even after an exception:
     * libtorch may have begun, and may fail while it allocates memory for the random numbers of replays.
     */
    public void begin() { Functions.BEGIN.call(graph, 0, 0, THREAD_LOCAL); } // with a pool of its own, {0, 0}

    /**
     * Ends the recording, on the same stream.
     *
     * @throws RuntimeException if work that cannot be captured spoiled the recording; the stream computes again nevertheless
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
