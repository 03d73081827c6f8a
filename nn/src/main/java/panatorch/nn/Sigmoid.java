package panatorch.nn;

import panatorch.Tensor;

/** Logistic sigmoid {@code 1 / (1 + exp(−x))}, any shape. */
public final class Sigmoid extends Module {
    @Override public Tensor forward(Tensor input) { return input.sigmoid(); }

    @Override protected Module recreate() { return new Sigmoid(); }
}
