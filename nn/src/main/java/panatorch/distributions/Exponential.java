package panatorch.distributions;

import panatorch.Tensor;

/** The exponential distribution of numbers from 0 with density {@code rate} · exp(−{@code rate} · x). */
public final class Exponential extends Distribution {
    private final Tensor rate;

    private Exponential(Tensor rate) {
        super(rate.shape());
        this.rate = rate;
        require("rate", rate, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters.
     *
     * @param rate inverse means, above 0
     */
    public static Exponential of(Tensor rate) { return new Exponential(rate); }

    /** Returns one distribution, in the default type. */
    public static Exponential of(double rate) { return of(Shapes.number(rate)); }

    /** Returns the inverse means. */
    public Tensor rate() { return rate; }

    @Override public Constraint support() { return Constraints.NONNEGATIVE; }

    @Override public Exponential expand(long... batchShape) {
        return derive(() -> new Exponential(rate.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) { return rate.newEmpty(extended(sampleShape)).exponential_().div(rate); }

    @Override protected Tensor computeLogProb(Tensor value) { return rate.log().sub(rate.mul(value)); }

    @Override protected Tensor computeEntropy() { return rate.log().rsub(1); }

    @Override protected Tensor computeCdf(Tensor value) { return rate.neg().mul(value).exp().rsub(1); }

    @Override protected Tensor computeIcdf(Tensor probability) { return probability.neg().log1p().neg().div(rate); }

    @Override protected Tensor computeMean() { return rate.reciprocal(); }

    @Override protected Tensor computeMode() { return rate.zerosLike(); }

    @Override protected Tensor computeVariance() { return rate.pow(-2); }

    @Override protected Tensor computeStddev() { return rate.reciprocal(); }
}
