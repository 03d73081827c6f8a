package panatorch.bench;

import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Results;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * One number for a result: its elements in order, each times its place from 1 on, summed in double. A plain sum would take a
 * transposed result for the right one, and a softmax of anything for any other.
 */
final class Checksum {
    private Checksum() {}

    /** @param result tensors, alone, in a list or in a record of two, or a number */
    static double of(Object result) {
        return switch (result) {
            case Tensor t -> of(t);
            case Number n -> n.doubleValue();
            case List<?> parts -> parts.stream().mapToDouble(Checksum::of).sum();
            case Results.ValuesIndices r -> of(r.values()) + of(r.indices());
            default -> throw new IllegalArgumentException("no checksum of a " + result.getClass().getSimpleName());
        };
    }

    private static double of(Tensor t) {
        try (var scope = Scope.open()) {
            var elements = t.detach().to(Device.CPU, DType.FLOAT64).reshape(-1);
            return elements.mul(Aten.arange(1L, elements.numel() + 1L, DType.FLOAT64)).sum().itemDouble();
        }
    }
}
