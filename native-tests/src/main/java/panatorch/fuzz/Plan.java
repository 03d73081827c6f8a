package panatorch.fuzz;

import panatorch.Tensor;

/** A tensor to be made: a plain value, so that the call which ends the process can be told by another one. */
interface Plan {
    /** Makes the tensor, in the current scope. */
    Tensor make();
}
