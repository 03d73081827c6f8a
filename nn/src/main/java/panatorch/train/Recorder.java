package panatorch.train;

import java.util.List;
import panatorch.Generator;
import panatorch.cuda.CudaGraph;
import panatorch.cuda.Stream;

/** What records work of a device and repeats it. */
@FunctionalInterface
interface Recorder {
    /** CUDA's graphs. */
    Recorder GRAPHS = (stream, generators, work) -> {
        CudaGraph graph = CudaGraph.capture(stream, generators, work);
        return new Recording() {
            @Override public void replay() { graph.replay(); }

            @Override public void close() { graph.close(); }
        };
    };

    /** Records {@code work}, which is run once and computes nothing yet. What it throws is thrown on, and nothing is recorded. */
    Recording record(Stream stream, List<Generator> generators, Runnable work);

    interface Recording extends AutoCloseable {
        /** Has it computed, on the current stream. */
        void replay();

        /** Frees it and the tensors that were made while it was recorded. */
        @Override void close();
    }
}
