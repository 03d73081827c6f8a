package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** {@link LeakyReLU} whose slope is drawn from [lower, upper) for each element in training, and their mean in evaluation (Xu et al. 2015, arXiv:1505.00853). */
public final class RReLU extends Module implements Stochastic {
    private final double lower, upper;
    private final boolean inplace;

    public RReLU() { this(1.0 / 8, 1.0 / 3, false); }

    public RReLU(double lower, double upper) { this(lower, upper, false); }

    /** @param inplace whether the input is overwritten */
    public RReLU(double lower, double upper, boolean inplace) {
        this.lower = lower;
        this.upper = upper;
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.rrelu_(input, lower, upper, isTraining()) : Aten.rrelu(input, lower, upper, isTraining()); }

    @Override protected Module recreate() { return new RReLU(lower, upper, inplace); }

    @Override protected String describe() { return "lower=" + Repr.of(lower) + ", upper=" + Repr.of(upper) + (inplace ? ", inplace=True" : ""); }
}
