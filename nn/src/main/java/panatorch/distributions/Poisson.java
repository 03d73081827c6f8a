package panatorch.distributions;

import panatorch.Tensor;

/** The Poisson distribution of counts with mean {@code rate}. */
public final class Poisson extends Distribution {
    private final Tensor rate;

    private Poisson(Tensor rate) {
        super(rate.shape());
        this.rate = rate;
        require("rate", rate, Constraints.NONNEGATIVE);
    }

    /** Returns distributions with these means, which are at least 0. */
    public static Poisson of(Tensor rate) { return new Poisson(rate); }

    /** Returns one distribution, in the default type. */
    public static Poisson of(double rate) { return new Poisson(Shapes.number(rate)); }

    /** Returns the means. */
    public Tensor rate() { return rate; }

    @Override public Constraint support() { return Constraints.NONNEGATIVE_INTEGER; }

    @Override public Poisson expand(long... batchShape) {
        return derive(() -> new Poisson(rate.expand(batchShape)));
    }

    @Override protected Tensor drawSample(long[] sampleShape) { return rate.expand(extended(sampleShape)).poisson(); }

    @Override protected Tensor computeLogProb(Tensor value) { return value.xlogy(rate).sub(rate).sub(value.add(1).lgamma()); }

    @Override protected Tensor computeMean() { return rate; }

    @Override protected Tensor computeMode() { return rate.floor(); }

    @Override protected Tensor computeVariance() { return rate; }
}
