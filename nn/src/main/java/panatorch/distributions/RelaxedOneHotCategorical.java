package panatorch.distributions;

import java.util.List;
import panatorch.Tensor;

/**
 * The relaxed one-hot (Gumbel-softmax) distribution of vectors of probabilities: differentiable, and nearly one-hot at low temperatures.
 */
public final class RelaxedOneHotCategorical extends TransformedDistribution {
    private final ExpRelaxedCategorical logs;

    private RelaxedOneHotCategorical(ExpRelaxedCategorical logs) {
        super(logs, List.of(ExpTransform.of()));
        this.logs = logs;
    }

    /** Returns distributions with a temperature [] and these probabilities, [*, C]. */
    public static RelaxedOneHotCategorical ofProbs(Tensor temperature, Tensor probs) {
        return new RelaxedOneHotCategorical(ExpRelaxedCategorical.ofProbs(temperature, probs));
    }

    /** Returns distributions with a temperature [] and these logits, [*, C]. */
    public static RelaxedOneHotCategorical ofLogits(Tensor temperature, Tensor logits) {
        return new RelaxedOneHotCategorical(ExpRelaxedCategorical.ofLogits(temperature, logits));
    }

    /** Returns the temperature. */
    public Tensor temperature() { return logs.temperature(); }

    /** Returns the probabilities. */
    public Tensor probs() { return logs.probs(); }

    /** Returns the logits. */
    public Tensor logits() { return logs.logits(); }

    @Override public Constraint support() { return Constraints.SIMPLEX; }

    @Override public RelaxedOneHotCategorical expand(long... batchShape) {
        return derive(() -> new RelaxedOneHotCategorical(logs.expand(batchShape)));
    }
}
