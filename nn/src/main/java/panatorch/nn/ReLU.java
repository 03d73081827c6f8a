package panatorch.nn;

import panatorch.Tensor;

/** {@code max(0, x)}, any shape. */
public final class ReLU extends Module {
    @Override public Tensor forward(Tensor input) { return input.relu(); }
}
