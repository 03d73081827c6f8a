package panatorch.cuda;

import java.util.List;
import panatorch.Device;
import panatorch.Generator;
import panatorch.JavaCpp;
import panatorch.Scope;
import panatorch.internal.libtorch.NativeGraph;

/**
 * A recording of GPU work that one call starts again, any number of times: {@code torch.cuda.CUDAGraph}. A replay runs the same kernels on
 * the same memory, without libtorch and Java in between. Decisions of the Java code during the capture are fixed. To give a replay new
 * inputs, copy them into the tensors that the capture read.
 *
 * <pre>{@code
 * Tensor x = Torch.zeros(Device.CUDA, 8), y[] = new Tensor[1];
 * try (var graph = CudaGraph.capture(Stream.pooled(Device.CUDA), List.of(), () -> y[0] = x.mul(2).escape())) {
 *     x.copy_(input);
 *     graph.replay();                                   // y[0] is twice the input
 * }
 * }</pre>
 *
 * <p>
 * Work that waits for the GPU ({@code item()}), copies from memory that is not pinned, or computes on the CPU cannot be captured, or is not
 * repeated. A replay draws the random numbers that the same work, run eagerly at that time, would draw from the generator.
 *
 * <p>
 * A graph owns the memory of all tensors that were made during the capture until it is closed. Each replay overwrites those that are still
 * alive, such as {@code y[0]} above. Any thread may replay and close, one at a time.
 *
 * <p>
 * Graphs need a libtorch built by GCC, on Linux. They were tested with libtorch's CUDA build on a stub of CUDA's runtime, but not yet on a
 * GPU.
 */
public final class CudaGraph implements AutoCloseable {
    private final NativeGraph graph;
    private boolean closed;

    private CudaGraph(NativeGraph graph) { this.graph = graph; }

    /** Returns whether graphs can be captured here. */
    public static boolean isAvailable() {
        return Cuda.isAvailable() && NativeGraph.isAvailable();
    }

    /**
     * Records the work that {@code work} puts on {@code stream}, which is the current one meanwhile. Nothing is computed yet. Tensors that
     * it makes are freed at its end, except those that {@linkplain panatorch.Tensor#escape escape}. Before recording, this method waits for
     * the device and empties the allocator's cache, as {@code torch.cuda.graph} does. Run the same work on that stream a few times before,
     * since a library that starts or benchmarks its algorithms during the capture spoils it.
     *
     * @param stream any stream except the default one
     * @param generators the generators that the work draws from, besides the default one
     * @throws IllegalArgumentException for the default stream, and for a generator of another device
     * @throws IllegalStateException without CUDA, on a virtual thread (CUDA requires begin and end on one thread), and if the stream is
     * already being captured
     * @throws panatorch.TorchException if the work cannot be captured; an exception of {@code work} is thrown unchanged. Then there is no
     * graph, and the stream computes again; libtorch keeps the memory that an abandoned capture had reserved
     */
    public static CudaGraph capture(Stream stream, List<Generator> generators, Runnable work) {
        Device device = Cuda.numbered(stream.device());
        if (!NativeGraph.isAvailable())
            throw new IllegalStateException(
                    "this libtorch lacks the CUDA graph functions; PanaTorch supports CUDA graphs on Linux only");
        if (Thread.currentThread().isVirtual())
            throw new IllegalStateException("a graph must be captured by a platform thread, not a virtual one");
        if (stream.equals(Stream.byDefault(device)))
            throw new IllegalArgumentException("the default stream cannot be captured; use Stream.pooled");
        if (stream.isCapturing()) throw new IllegalStateException(stream + " is being captured already");
        // libtorch would take any other for one of CUDA without looking, and crash.
        for (Generator g : generators)
            if (!g.device().equals(device))
                throw new IllegalArgumentException("a graph on " + device + " cannot use a generator on " + g.device());
        Cuda.synchronize(device);
        Cuda.emptyCache();
        try (var on = stream.enter()) {
            NativeGraph graph = JavaCpp.call(NativeGraph::make);
            try {
                for (Generator g : generators) JavaCpp.run(() -> graph.register(g.nativeObject()));
                record(graph, work);
            } catch (RuntimeException | Error e) {
                attempt(e, graph::free);
                throw e;
            }
            return new CudaGraph(graph);
        }
    }

    private static void record(NativeGraph graph, Runnable work) {
        try (var scope = Scope.open()) {
            JavaCpp.run(graph::begin);
            work.run();
        } catch (RuntimeException | Error e) {
            attempt(e, graph::end);
            throw e;
        }
        JavaCpp.run(graph::end);
    }

    private static void attempt(Throwable failure, Runnable cleanup) {
        try {
            JavaCpp.run(cleanup);
        } catch (RuntimeException another) {
            failure.addSuppressed(another);
        }
    }

    /** Puts the recorded work on the current stream, and returns without waiting for it. */
    public void replay() {
        if (closed) throw new IllegalStateException("this graph is closed");
        JavaCpp.run(graph::replay);
    }

    /** Frees the graph and its memory. Tensors that were made during the capture must not be used afterwards. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        closed = true;
        JavaCpp.run(graph::free);
    }
}
