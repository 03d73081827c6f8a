package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** Negative log-likelihood: log-probabilities [N, C, *], classes int64 [N, *]. */
public final class NLLLoss extends Loss {
    private final long ignoreIndex;

    public NLLLoss() { this(null, -100, Reduction.MEAN); }

    public NLLLoss(Reduction reduction) { this(null, -100, reduction); }

    /**
     * Creates the loss.
     *
     * @param weight weight of each class [C], then owned by this module; or null
     * @param ignoreIndex target class that is ignored
     */
    public NLLLoss(@Nullable Tensor weight, long ignoreIndex, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
        this.ignoreIndex = ignoreIndex;
    }

    @Override public Tensor forward(Tensor input, Tensor target) {
        return Nn.nllLossNd(input, target, bufferOrNull("weight"), code(), ignoreIndex);
    }

    @Override protected Module recreate() { return new NLLLoss(another("weight"), ignoreIndex, reduction); }
}
