package panatorch.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import panatorch.Tensor;
import panatorch.internal.calls.RawValues;

/**
 * Tensors on their way from one thread to another. Each thread has tensors of its own, which share memory, so neither waits for the other
 * when it frees them. Whoever holds a parcel opens it or throws it away, once.
 */
final class Parcel {
    private static final RawValues VALUES = RawValues.access();

    private final long[] references;

    private Parcel(long[] references) {
        this.references = references;
    }

    /** Packs tensors, which stay the caller's. */
    static Parcel of(Collection<Tensor> tensors) {
        long[] packed = new long[tensors.size()];
        int n = 0;
        try {
            for (Tensor t : tensors) packed[n++] = VALUES.pack(t);
        } catch (RuntimeException e) {
            new Parcel(Arrays.copyOf(packed, n - 1)).discard();
            throw e;
        }
        return new Parcel(packed);
    }

    /** Returns the tensors, which belong to the current scope, or to the caller if there is none. */
    List<Tensor> open() {
        var tensors = new ArrayList<Tensor>(references.length);
        for (long r : references) tensors.add((Tensor) VALUES.unpack(r));
        return tensors;
    }

    void discard() {
        for (long r : references) VALUES.discard(r);
    }
}
