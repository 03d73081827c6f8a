package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** Minus the log-probability of the target: log-probabilities [N, C, *], int64 [N, *]. */
public final class NLLLoss extends Loss {
    private final long ignoreIndex;

    public NLLLoss() { this(null, -100, Reduction.MEAN); }

    public NLLLoss(Reduction reduction) { this(null, -100, reduction); }

    /** @param weight of each class [C], then owned by this; @param ignoreIndex a target that does not count */
    public NLLLoss(@Nullable Tensor weight, long ignoreIndex, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
        this.ignoreIndex = ignoreIndex;
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Nn.nllLossNd(input, target, bufferOrNull("weight"), code(), ignoreIndex); }

    @Override protected Module recreate() { return new NLLLoss(another("weight"), ignoreIndex, reduction); }
}
