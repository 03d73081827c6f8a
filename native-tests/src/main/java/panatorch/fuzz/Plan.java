package panatorch.fuzz;

import panatorch.Tensor;

/** A plan of a tensor: a plain value, so that one process can describe a call that has crashed another. */
interface Plan {
    /** Makes the tensor, in the current scope. */
    Tensor make();
}
