package panatorch.train;

import java.util.List;
import panatorch.Generator;
import panatorch.cuda.CudaGraph;
import panatorch.cuda.Stream;

/** Records device work and replays it. */
@FunctionalInterface
interface Recorder {
    /** Records CUDA graphs. */
    Recorder GRAPHS = (stream, generators, work) -> {
        CudaGraph graph = CudaGraph.capture(stream, generators, work);
        return new Recording() {
            @Override public void replay() { graph.replay(); }

            @Override public void close() { graph.close(); }
        };
    };

    /**
     * Records {@code work}, which runs once and computes nothing yet. If it throws, the exception is rethrown and nothing is recorded.
     */
    Recording record(Stream stream, List<Generator> generators, Runnable work);

    interface Recording extends AutoCloseable {
        /** Computes the recorded work on the current stream. */
        void replay();

        /** Frees the recording and the tensors that were created in it. */
        @Override void close();
    }
}
