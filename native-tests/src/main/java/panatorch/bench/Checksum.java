package panatorch.bench;

import java.util.List;
import java.util.Objects;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Results;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Computes one number for a result: the sum of its elements, each times its position from 1 on, in double. A plain sum would not tell a
 * transposed result from the right one, or the softmax of one input from that of another.
 */
final class Checksum {
    private Checksum() {}

    /**
     * Computes the number.
     *
     * @param result a tensor, a list of tensors, a record of two tensors, or a number
     */
    static double of(Object result) {
        return switch (result) {
            case Tensor t -> of(t);
            case Number n -> n.doubleValue();
            case List<?> parts -> parts.stream().mapToDouble(Checksum::of).sum();
            case Results.ValuesIndices r -> of(r.values()) + of(r.indices());
            default -> throw new IllegalArgumentException("no checksum of a " + result.getClass().getSimpleName());
        };
    }

    /** Computes the number of a tensor's gradient, which must be there. */
    static double ofGradient(Tensor t) {
        return of(Objects.requireNonNull(t.grad(), "no gradient"));
    }

    private static double of(Tensor t) {
        try (var scope = Scope.open()) {
            var elements = t.detach().to(Device.CPU, DType.FLOAT64).reshape(-1);
            return elements.mul(Aten.arange(1L, elements.numel() + 1L, DType.FLOAT64)).sum().itemDouble();
        }
    }
}
