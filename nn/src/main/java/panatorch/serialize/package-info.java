/**
 * Reads and writes weights and checkpoints: safetensors, PyTorch's {@code .pt}, NumPy's {@code .npy} and {@code .npz}. Start at
 * {@link panatorch.serialize.StateDicts}.
 */
@NullMarked
package panatorch.serialize;

import org.jspecify.annotations.NullMarked;
