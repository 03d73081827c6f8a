package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Softplus {@code log(1 + exp(βx)) / β}, any shape. It returns {@code x} itself where {@code βx} is above the threshold, to stay finite.
 */
public final class Softplus extends Module {
    private final double beta, threshold;

    public Softplus() { this(1, 20); }

    public Softplus(double beta, double threshold) {
        this.beta = beta;
        this.threshold = threshold;
    }

    @Override public Tensor forward(Tensor input) { return Aten.softplus(input, beta, threshold); }

    @Override protected Module recreate() { return new Softplus(beta, threshold); }

    @Override protected String describe() { return "beta=" + Repr.of(beta) + ", threshold=" + Repr.of(threshold); }
}
