package panatorch.nn;

import panatorch.Tensor;

/** Softsign {@code x / (1 + |x|)}, any shape. */
public final class Softsign extends Module {
    @Override public Tensor forward(Tensor input) { return input.div(input.abs().add(1)); }

    @Override protected Module recreate() { return new Softsign(); }
}
