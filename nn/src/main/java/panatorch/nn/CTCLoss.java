package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** Connectionist temporal classification (Graves et al., 2006). */
public final class CTCLoss extends Module {
    private final long blank;
    private final Reduction reduction;
    private final boolean zeroInfinity;

    public CTCLoss() { this(0, Reduction.MEAN, false); }

    /**
     * Creates the loss.
     *
     * @param blank class of the blank label
     * @param zeroInfinity whether infinite losses and their gradients become zeros
     */
    public CTCLoss(long blank, Reduction reduction, boolean zeroInfinity) {
        this.blank = blank;
        this.reduction = reduction;
        this.zeroInfinity = zeroInfinity;
    }

    /**
     * Computes the loss.
     *
     * @param logProbabilities log-probabilities [T, N, C]
     * @param targets classes [N, S], or those of all samples one after the other
     * @param inputLengths lengths of the inputs, [N] int64
     * @param targetLengths lengths of the targets, [N] int64
     */
    public Tensor forward(Tensor logProbabilities, Tensor targets, Tensor inputLengths, Tensor targetLengths) {
        return Aten.ctcLoss(logProbabilities, targets, inputLengths, targetLengths, blank, reduction.ordinal(), zeroInfinity);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1), inputs.get(2), inputs.get(3)));
    }

    @Override protected Module recreate() { return new CTCLoss(blank, reduction, zeroInfinity); }
}
