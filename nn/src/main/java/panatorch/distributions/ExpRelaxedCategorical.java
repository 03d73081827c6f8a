package panatorch.distributions;

import panatorch.Tensor;

/** The distribution of the logarithms of {@link RelaxedOneHotCategorical} (Maddison et al. 2017, arXiv:1611.00712). */
public final class ExpRelaxedCategorical extends Distribution {
    private final Tensor temperature;
    private final Categorical categorical;

    private ExpRelaxedCategorical(Tensor temperature, Categorical categorical) {
        super(categorical.batchShape(), categorical.numEvents());
        this.temperature = temperature;
        this.categorical = categorical;
    }

    /**
     * Returns distributions with these probabilities.
     *
     * @param temperature positive tensor []; the lower it is, the nearer are draws to one-hot vectors
     * @param probs numbers from 0, [*, C]; they are divided by their sum
     */
    public static ExpRelaxedCategorical ofProbs(Tensor temperature, Tensor probs) {
        return new ExpRelaxedCategorical(temperature, Categorical.ofProbs(probs));
    }

    /**
     * Returns distributions with these logits.
     *
     * @param temperature positive tensor []; the lower it is, the nearer are draws to one-hot vectors
     * @param logits log-probabilities that need not be normalised, [*, C]
     */
    public static ExpRelaxedCategorical ofLogits(Tensor temperature, Tensor logits) {
        return new ExpRelaxedCategorical(temperature, Categorical.ofLogits(logits));
    }

    /** Returns the probabilities, [*, C], whose sum is 1. */
    public Tensor probs() { return categorical.probs(); }

    /** Returns the log-probabilities, [*, C]. */
    public Tensor logits() { return categorical.logits(); }

    /** Returns the temperature. */
    public Tensor temperature() { return temperature; }

    @Override public Constraint support() { return Constraints.REAL_VECTOR; }

    @Override public ExpRelaxedCategorical expand(long... batchShape) {
        return derive(() -> new ExpRelaxedCategorical(temperature, categorical.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) {
        Tensor u = Shapes.clampProbs(Shapes.rand(extended(sampleShape), logits()));
        Tensor scores = logits().add(u.log().neg().log().neg()).div(temperature);
        return scores.sub(scores.logsumexp(-1, true));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        long k = categorical.numEvents();
        Tensor logScale = temperature.fullLike(k).lgamma().sub(temperature.log().mul(-(k - 1)));
        Tensor score = logits().sub(value.mul(temperature));
        return score.sub(score.logsumexp(-1, true)).sum(-1).add(logScale);
    }
}
