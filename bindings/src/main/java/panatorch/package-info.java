/** Tensors, operators, automatic differentiation and memory: PyTorch's engine. */
@NullMarked
package panatorch;

import org.jspecify.annotations.NullMarked;
