package panatorch.distributions;

import panatorch.Aten;
import panatorch.Tensor;

/** The continuous Bernoulli distribution of numbers from 0 to 1 (Loaiza-Ganem and Cunningham 2019, arXiv:1907.06845). */
public final class ContinuousBernoulli extends Distribution {
    private final Odds odds;

    private ContinuousBernoulli(Odds odds) {
        super(odds.given().shape());
        this.odds = odds;
        odds.check(this);
    }

    /**
     * Returns distributions with these probabilities of 1.
     *
     * @param probs probabilities of 1
     */
    public static ContinuousBernoulli ofProbs(Tensor probs) { return new ContinuousBernoulli(Odds.ofProbs(probs)); }

    /**
     * Returns distributions with these log-odds of 1.
     *
     * @param logits log-odds of 1
     */
    public static ContinuousBernoulli ofLogits(Tensor logits) { return new ContinuousBernoulli(Odds.ofLogits(logits)); }

    /** Returns the probabilities of 1. */
    public Tensor probs() { return within(this::clamped); }

    /** Returns the log-odds of 1. */
    public Tensor logits() { return within(odds::logits); }

    @Override public Constraint support() { return Constraints.UNIT_INTERVAL; }

    @Override public ContinuousBernoulli expand(long... batchShape) {
        return derive(() -> new ContinuousBernoulli(odds.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) { return computeIcdf(Shapes.rand(extended(sampleShape), odds.given())); }

    @Override protected Tensor computeLogProb(Tensor value) { return odds.crossEntropy(value).neg().add(logNorm()); }

    @Override protected Tensor computeEntropy() {
        Tensor log0 = clamped().neg().log1p(), log1 = clamped().log();
        return computeMean().mul(log0.sub(log1)).sub(logNorm()).sub(log0);
    }

    @Override protected Tensor computeCdf(Tensor value) {
        Tensor p = cut();
        Tensor inside = p.pow(value).mul(p.rsub(1).pow(value.rsub(1))).add(p).sub(1).div(p.mul(2).sub(1));
        Tensor all = Aten.where(stable(), inside, value);
        return Aten.where(value.le(0), value.zerosLike(), Aten.where(value.ge(1), value.onesLike(), all));
    }

    @Override protected Tensor computeIcdf(Tensor probability) {
        Tensor p = cut(), log0 = p.neg().log1p();
        Tensor inside = p.neg().add(probability.mul(p.mul(2).sub(1))).log1p().sub(log0).div(p.log().sub(log0));
        return Aten.where(stable(), inside, probability);
    }

    @Override protected Tensor computeMean() {
        Tensor p = cut(), x = clamped().sub(0.5);
        Tensor exact = p.div(p.mul(2).sub(1)).add(p.neg().log1p().sub(p.log()).reciprocal());
        return Aten.where(stable(), exact, x.pow(2).mul(16.0 / 45).add(1.0 / 3).mul(x).add(0.5));
    }

    @Override protected Tensor computeVariance() {
        Tensor p = cut(), x = clamped().sub(0.5).pow(2);
        Tensor exact = p.mul(p.sub(1)).div(p.mul(2).rsub(1).pow(2)).add(p.neg().log1p().sub(p.log()).pow(2).reciprocal());
        return Aten.where(stable(), exact, x.mul(128.0 / 945).rsub(1.0 / 15).mul(x).rsub(1.0 / 12));
    }

    private Tensor clamped() { return Shapes.clampProbs(odds.probs()); }

    /** Where the exact formulas hold; near 1/2, where they divide 0 by 0, Taylor series replace them. */
    private Tensor stable() {
        return clamped().le(0.499).logicalOr(clamped().gt(0.501));
    }

    private Tensor cut() { return Aten.where(stable(), clamped(), clamped().onesLike().mul(0.499)); }

    Tensor logNorm() {
        Tensor p = cut(), low = p.le(0.5);
        Tensor below = Aten.where(low, p, p.zerosLike()), above = Aten.where(p.ge(0.5), p, p.onesLike());
        Tensor exact = p.neg().log1p().sub(p.log()).abs().log()
                .sub(Aten.where(low, below.mul(-2).log1p(), above.mul(2).sub(1).log()));
        Tensor x = clamped().sub(0.5).pow(2);
        return Aten.where(stable(), exact, x.mul(104.0 / 45).add(4.0 / 3).mul(x).add(Math.log(2)));
    }
}
