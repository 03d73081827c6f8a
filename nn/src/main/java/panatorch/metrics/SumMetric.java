package panatorch.metrics;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** A metric whose state is one tensor of fixed size, such as sums over all examples. */
abstract class SumMetric extends StreamingMetric {
    private @Nullable Tensor sums;

    @Override final int parts() { return 1; }

    @Override final List<Tensor> state() { return sums == null ? List.of() : List.of(sums); }

    @Override final void add(List<Tensor> state) { add(state.getFirst()); }

    /** Adds a batch's sums, which stay the caller's. */
    final void add(Tensor more) {
        Tensor own = sums;
        if (own == null) {
            sums = more.clone().escape();
            return;
        }
        if (!Arrays.equals(own.shape(), more.shape()))
            throw new IllegalArgumentException("the state is " + Inputs.describe(own) + ", but this part of the data gives "
                    + Inputs.describe(more) + "; the number of outputs has to stay the same");
        combine(own, more.to(own.device()));
    }

    /** Changes {@code state} to that of both. */
    void combine(Tensor state, Tensor more) {
        state.add_(more);
    }

    /** Returns the state for a change in place, and creates it if there is none. */
    final Tensor sums(Supplier<Tensor> zeros) {
        Tensor s = sums;
        if (s == null) sums = s = zeros.get().escape();
        return s;
    }

    /**
     * Returns the state.
     *
     * @throws IllegalStateException if there is none
     */
    final Tensor sums() {
        if (sums == null) throw new IllegalStateException("no batch was added; call update first");
        return sums;
    }

    @Override public final void reset() {
        if (sums != null) sums.close();
        sums = null;
    }
}
