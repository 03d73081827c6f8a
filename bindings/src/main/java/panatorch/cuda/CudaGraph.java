package panatorch.cuda;

import java.util.List;
import panatorch.Device;
import panatorch.Generator;
import panatorch.JavaCpp;
import panatorch.Scope;
import panatorch.internal.libtorch.NativeGraph;

/**
 * Work of a GPU that was recorded and is started again and again in one call: {@code torch.cuda.CUDAGraph}. A replay runs the same kernels
 * on the same memory, without libtorch and Java in between; whatever Java decided during the capture stays as it was, and inputs are given
 * by copying them into the tensors that the capture read.
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
 * repeated. The random numbers of a replay are those that the same work would have drawn eagerly from the generator as it is then.
 *
 * <p>
 * Owns the memory of all tensors that were made during the capture, until closed: those that live on, as {@code y[0]} above, are
 * overwritten by each replay. Any thread may replay and close, one at a time.
 *
 * <p>
 * Only where libtorch was built by GCC, on Linux. Run with libtorch's CUDA build on a stub of CUDA's runtime, but not yet on a GPU.
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
     * Records what {@code work} puts on {@code stream}, which is the current one meanwhile; nothing of it is computed yet. Tensors that it
     * makes are freed at its end, but for those that {@linkplain panatorch.Tensor#escape escape}. Waits for the device and empties the
     * allocator's cache before, as {@code torch.cuda.graph} does. Run the same work on that stream a few times before: libraries that
     * start, or look for the fastest way, while work is recorded, spoil it.
     *
     * @param stream not the default one
     * @param generators besides the default one, those that the work draws from
     * @throws IllegalArgumentException for the default stream, and for a generator of another device
     * @throws IllegalStateException without CUDA, on a virtual thread (CUDA wants begin and end from one thread), and while the stream
     * captures something already
     * @throws panatorch.TorchException if the work cannot be captured; what {@code work} throws is thrown as it is. Then there is no graph,
     * and the stream computes again; libtorch keeps what a capture that CUDA gave up had reserved for itself
     */
    public static CudaGraph capture(Stream stream, List<Generator> generators, Runnable work) {
        Device device = Cuda.numbered(stream.device());
        if (!NativeGraph.isAvailable())
            throw new IllegalStateException(
                    "this libtorch does not have CUDAGraph under the names that GCC gives it: graphs are for Linux");
        if (Thread.currentThread().isVirtual())
            throw new IllegalStateException("a graph is captured by a platform thread, not a virtual one");
        if (stream.equals(Stream.byDefault(device)))
            throw new IllegalArgumentException("the default stream cannot be captured: take Stream.pooled");
        if (stream.isCapturing()) throw new IllegalStateException(stream + " is being captured already");
        // libtorch would take any other for one of CUDA without looking, and crash.
        for (Generator g : generators)
            if (!g.device().equals(device))
                throw new IllegalArgumentException("a graph of " + device + " cannot go on in the numbers of a generator of " + g.device());
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

    /** Puts the recorded work on the current stream. Waits for nothing. */
    public void replay() {
        if (closed) throw new IllegalStateException("this graph is closed");
        JavaCpp.run(graph::replay);
    }

    /** Frees the graph and its memory; tensors that were made during the capture must not be used any more. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        closed = true;
        JavaCpp.run(graph::free);
    }
}
