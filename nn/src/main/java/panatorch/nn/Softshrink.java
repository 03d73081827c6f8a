package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Soft shrinkage: {@code x} moved towards 0 by λ, and 0 where {@code |x| ≤ λ}; any shape. */
public final class Softshrink extends Module {
    private final double lambda;

    public Softshrink() { this(0.5); }

    public Softshrink(double lambda) {
        this.lambda = lambda;
    }

    @Override public Tensor forward(Tensor input) { return Aten.softshrink(input, lambda); }

    @Override protected Module recreate() { return new Softshrink(lambda); }

    @Override protected String describe() { return Repr.of(lambda); }
}
