package panatorch.nn;

import panatorch.Tensor;

/** Returns its input, the same object. */
public final class Identity extends Module {
    @Override public Tensor forward(Tensor input) { return input; }

    @Override protected Module recreate() { return new Identity(); }
}
