package panatorch.distributions;

import java.util.List;
import panatorch.Tensor;

/** The relaxed Bernoulli distribution of numbers from 0 to 1: differentiable, and nearly binary at low temperatures. */
public final class RelaxedBernoulli extends TransformedDistribution {
    private final LogitRelaxedBernoulli logs;

    private RelaxedBernoulli(LogitRelaxedBernoulli logs) {
        super(logs, List.of(SigmoidTransform.of()));
        this.logs = logs;
    }

    /** Returns distributions with a temperature [] and these probabilities. */
    public static RelaxedBernoulli ofProbs(Tensor temperature, Tensor probs) {
        return new RelaxedBernoulli(LogitRelaxedBernoulli.ofProbs(temperature, probs));
    }

    /** Returns distributions with a temperature [] and these logits. */
    public static RelaxedBernoulli ofLogits(Tensor temperature, Tensor logits) {
        return new RelaxedBernoulli(LogitRelaxedBernoulli.ofLogits(temperature, logits));
    }

    /** Returns the temperature. */
    public Tensor temperature() { return logs.temperature(); }

    /** Returns the probabilities. */
    public Tensor probs() { return logs.probs(); }

    /** Returns the logits. */
    public Tensor logits() { return logs.logits(); }

    @Override public Constraint support() { return Constraints.UNIT_INTERVAL; }

    @Override public RelaxedBernoulli expand(long... batchShape) {
        return derive(() -> new RelaxedBernoulli(logs.expand(batchShape)));
    }
}
