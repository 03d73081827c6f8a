package panatorch.nn.dropout;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import panatorch.DType;
import panatorch.Device;
import panatorch.OperatorArguments;
import panatorch.OperatorLibrary;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Finds operators that would make a GPU's caller wait: in their place come kernels for the CPU that remember who called, and compute the
 * same. {@code item()}, {@code isNonzero()} and what else reads a number end in {@code _local_scalar_dense}; boolean masks as indices in
 * {@code nonzero}. A copy to Java's memory, as by {@code toFloatArray()}, is not seen, nor are operators that another thread calls told
 * apart.
 *
 * <pre>{@code assertThat(NoSynchronization.during(() -> step(batch))).isEmpty(); }</pre>
 */
public final class NoSynchronization {
    private NoSynchronization() {}

    /** What would have waited, with its operator for a message and the stack of its call. */
    public static List<Throwable> during(Runnable step) {
        List<Throwable> seen = new ArrayList<>();
        try (var library = OperatorLibrary.open("aten")) {
            library.implement("_local_scalar_dense", Device.Type.CPU, a -> {
                seen.add(new Throwable("_local_scalar_dense"));
                return number(a);
            });
            library.implement("nonzero", Device.Type.CPU, a -> {
                seen.add(new Throwable("nonzero"));
                return nonzero(a.tensor("self"));
            });
            step.run();
        }
        return seen;
    }

    private static Object number(OperatorArguments a) {
        Tensor t = a.tensor("self");
        if (t.dtype().isFloatingPoint()) return t.toDoubleArray()[0];
        long value = t.toLongArray()[0];
        return t.dtype() == DType.BOOL ? (Object) (value != 0) : (Object) value;
    }

    /** The indices [n, dims] of the elements that are not 0. */
    private static Tensor nonzero(Tensor t) {
        long[] shape = t.shape();
        byte[] on = t.ne(0).toByteArray();
        long[] indices = LongStream.range(0, on.length).filter(i -> on[(int) i] != 0).flatMap(i -> {
            long[] index = new long[shape.length];
            for (int d = shape.length - 1; d >= 0; i /= shape[d--]) index[d] = i % shape[d];
            return LongStream.of(index);
        }).toArray();
        return Torch.tensor(indices, shape.length == 0 ? 0 : indices.length / shape.length, shape.length);
    }
}
