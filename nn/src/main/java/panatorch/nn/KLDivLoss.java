package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Losses;
import panatorch.nn.functional.Reduction;

/** Pointwise Kullback-Leibler divergence {@code y (log y − x)} of log-probabilities x from probabilities y. */
public final class KLDivLoss extends Loss {
    private final boolean logTarget;

    public KLDivLoss() { this(false, Reduction.MEAN); }

    public KLDivLoss(Reduction reduction) { this(false, reduction); }

    /** @param logTarget whether targets are log-probabilities too */
    public KLDivLoss(boolean logTarget, Reduction reduction) {
        super(reduction);
        this.logTarget = logTarget;
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Aten.klDiv(input, target, code(), logTarget); }

    /**
     * Returns the sum divided by the number of samples, which is the definition of the divergence: Python's {@code reduction="batchmean"}.
     */
    public Tensor batchMean(Tensor input, Tensor target) { return Losses.klDivBatchMean(input, target, logTarget); }

    @Override protected Module recreate() { return new KLDivLoss(logTarget, reduction); }
}
