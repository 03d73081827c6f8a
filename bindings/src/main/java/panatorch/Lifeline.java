package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import panatorch.internal.libtorch.Blobs;
import panatorch.internal.libtorch.Releases;

/** Tensors that run code when libtorch frees them, which tells when the graph that they are part of is gone. */
final class Lifeline {
    private Lifeline() {}

    private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_FLOAT, 1f);

    /** Returns a float32 tensor [] of 1. {@code then} runs when it is freed, on any thread, and stays reachable until then. */
    static Tensor until(Runnable then) {
        return ThreadContext.current().adopt(Blobs.tensor(ONE, DType.FLOAT32.code(), new long[0], () -> Releases.run(then)));
    }
}
