package panatorch.distributions;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;

/** The categorical distribution of classes 0 … C − 1, with probabilities {@code probs} [*, C]. */
public final class Categorical extends Distribution {
    private final Tensor given;
    private final boolean areLogits;

    /** Takes probabilities or log-probabilities that are normalised. */
    private Categorical(Tensor given, boolean areLogits) {
        super(Shapes.dropLast(given.shape(), 1));
        this.given = given;
        this.areLogits = areLogits;
        if (areLogits) require("logits", given, Constraints.REAL_VECTOR);
        else require("probs", given, Constraints.SIMPLEX);
    }

    /**
     * Returns distributions with these probabilities.
     *
     * @param probs numbers from 0, [*, C]; they are divided by their sum
     */
    public static Categorical ofProbs(Tensor probs) {
        requireVector("probs", probs);
        return new Categorical(within(() -> probs.div(probs.sum(-1, true))), false);
    }

    /**
     * Returns distributions with these logits.
     *
     * @param logits log-probabilities that need not be normalised, [*, C]
     */
    public static Categorical ofLogits(Tensor logits) {
        requireVector("logits", logits);
        return new Categorical(within(() -> logits.sub(logits.logsumexp(-1, true))), true);
    }

    private static void requireVector(String name, Tensor t) {
        if (t.dim() < 1) throw new IllegalArgumentException(name + " of Categorical have to be [*, C], not " + t.describe());
    }

    /** Returns the probabilities, [*, C], whose sum is 1. */
    public Tensor probs() { return areLogits ? given.softmax(-1) : given; }

    /** Returns the log-probabilities, [*, C]. */
    public Tensor logits() {
        return areLogits ? given : within(() -> Shapes.clampProbs(given).log());
    }

    /** Returns the number of classes. */
    public long numEvents() { return given.size(-1); }

    @Override public Constraint support() { return Constraints.integerInterval(0, numEvents() - 1); }

    @Override public Categorical expand(long... batchShape) {
        return derive(() -> new Categorical(given.expand(Shapes.concat(batchShape, new long[] {numEvents()})), areLogits));
    }

    @Override public boolean hasEnumerateSupport() { return true; }

    @Override protected Tensor drawSample(long[] sampleShape) {
        long number = 1;
        for (long size : sampleShape) number *= size;
        return probs().reshape(-1, numEvents()).multinomial(number, true).t().reshape(extended(sampleShape));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        var both = Shapes.broadcast(value.to(DType.INT64).unsqueeze(-1), logits());
        return both.get(1).gather(-1, both.get(0).narrow(-1, 0, 1)).squeeze(-1);
    }

    @Override protected Tensor computeEntropy() {
        Tensor finite = logits().clampMin(given.dtype().finfo().min());
        return finite.mul(probs()).sum(-1).neg();
    }

    /** Returns NaN: classes have no mean. */
    @Override protected Tensor computeMean() {
        return Aten.full(extended(), Double.NaN, given.dtype(), null, given.device());
    }

    @Override protected Tensor computeMode() { return probs().argmax(-1L); }

    /** Returns NaN: classes have no variance. */
    @Override protected Tensor computeVariance() { return computeMean(); }

    @Override protected Tensor computeSupport() { return Aten.arange(numEvents(), DType.INT64, null, given.device()); }
}
