package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Randomised leaky ReLU: {@link LeakyReLU} whose slope is drawn from [lower, upper) for each element in training, and is their mean in
 * evaluation (Xu et al., 2015, arXiv:1505.00853).
 */
public final class RReLU extends Module implements Stochastic {
    private final double lower, upper;
    private final boolean inplace;
    private @Nullable Generator generator;

    public RReLU() { this(1.0 / 8, 1.0 / 3, false); }

    public RReLU(double lower, double upper) { this(lower, upper, false); }

    /** @param inplace whether to overwrite the input */
    public RReLU(double lower, double upper, boolean inplace) {
        this.lower = lower;
        this.upper = upper;
        this.inplace = inplace;
    }

    /** Sets the generator of the slopes, which stays the caller's; null for the global one of the input's device. */
    public void setGenerator(@Nullable Generator generator) {
        this.generator = generator;
    }

    @Override public Tensor forward(Tensor input) {
        return inplace ? Aten.rrelu_(input, lower, upper, isTraining(), generator)
                : Aten.rrelu(input, lower, upper, isTraining(), generator);
    }

    /** Creates the same activation with the same generator. */
    @Override protected Module recreate() {
        var copy = new RReLU(lower, upper, inplace);
        copy.setGenerator(generator);
        return copy;
    }

    @Override protected String describe() {
        return "lower=" + Repr.of(lower) + ", upper=" + Repr.of(upper) + (inplace ? ", inplace=True" : "");
    }
}
