package panatorch.nn;

import panatorch.Tensor;

/** Hyperbolic tangent, any shape. */
public final class Tanh extends Module {
    @Override public Tensor forward(Tensor input) { return input.tanh(); }

    @Override protected Module recreate() { return new Tanh(); }
}
