package panatorch.export;

import java.util.List;
import panatorch.DType;
import panatorch.Device;

/**
 * What a program says about a tensor.
 *
 * @param strides as many as sizes
 * @param offset index of the first element in the storage
 */
record TensorMeta(DType dtype, List<SymbolicExpression> sizes, List<SymbolicExpression> strides, SymbolicExpression offset,
        boolean requiresGrad, Device device) {}
