package panatorch.export;

import java.util.Arrays;
import java.util.List;
import panatorch.DType;
import panatorch.Device;
import panatorch.Tensor;

/**
 * What a program says about a tensor.
 *
 * @param strides as many as sizes
 * @param offset index of the first element in the storage
 */
record TensorMeta(DType dtype, List<SymbolicExpression> sizes, List<SymbolicExpression> strides, SymbolicExpression offset,
        boolean requiresGrad, Device device) {
    /**
     * Describes a tensor as it is.
     *
     * @param offset index of its first element in the storage
     */
    static TensorMeta of(Tensor t, long offset, boolean requiresGrad) {
        return new TensorMeta(t.dtype(), expressions(t.shape()), expressions(t.strides()), SymbolicExpression.of(offset), requiresGrad,
                t.device());
    }

    private static List<SymbolicExpression> expressions(long[] numbers) {
        return Arrays.stream(numbers).mapToObj(SymbolicExpression::of).toList();
    }
}
