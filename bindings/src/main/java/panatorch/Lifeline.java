package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import panatorch.internal.libtorch.Blobs;
import panatorch.internal.libtorch.Releases;

/** Tensors that tell when libtorch lets go of them, and with that, when a graph they are part of is gone. */
final class Lifeline {
    private Lifeline() {}

    private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_FLOAT, 1f);

    /** A float32 tensor [] of 1. When it is freed, on whatever thread, {@code then} runs; until then it is reachable. */
    static Tensor until(Runnable then) {
        return ThreadContext.current().adopt(Blobs.tensor(ONE, DType.FLOAT32.code(), new long[0], () -> Releases.run(then)));
    }
}
