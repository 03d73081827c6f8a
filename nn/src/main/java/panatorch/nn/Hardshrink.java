package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Hard shrinkage: {@code x} where {@code |x| > λ}, else 0; any shape. */
public final class Hardshrink extends Module {
    private final double lambda;

    public Hardshrink() { this(0.5); }

    public Hardshrink(double lambda) {
        this.lambda = lambda;
    }

    @Override public Tensor forward(Tensor input) { return Aten.hardshrink(input, lambda); }

    @Override protected Module recreate() { return new Hardshrink(lambda); }

    @Override protected String describe() { return Repr.of(lambda); }
}
