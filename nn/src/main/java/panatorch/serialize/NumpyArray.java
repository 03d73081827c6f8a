package panatorch.serialize;

import panatorch.DType;
import panatorch.Tensor;

/**
 * An array of NumPy that a program has saved beside weights, for example the state of a random generator. It is plain data: it owns no
 * native memory, and any thread may use it.
 */
public interface NumpyArray {
    /** Returns the type of the elements. */
    DType dtype();

    /** Returns the sizes of the dimensions. */
    long[] shape();

    /** Returns a copy as a tensor on the CPU, which belongs to the current scope, or to the caller if there is none. */
    Tensor tensor();
}
