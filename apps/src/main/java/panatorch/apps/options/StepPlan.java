package panatorch.apps.options;

import java.util.List;
import java.util.Map;
import panatorch.Tensor;
import panatorch.amp.Precision;
import panatorch.optim.Optimizer;

/**
 * The settings of an optimisation step, resolved from {@link StepOptions}.
 *
 * @param batchSize examples of a batch
 * @param precision precision of the forward and backward pass
 * @param optimizer the optimiser
 * @param momentum momentum, where the optimiser has one
 * @param weightDecay weight decay
 * @param labelSmoothing part of a label that is spread over all classes
 */
public record StepPlan(int batchSize, Precision precision, OptimizerName optimizer, double momentum, double weightDecay,
        double labelSmoothing) {
    /** Creates the optimiser; the caller closes it. */
    public Optimizer over(List<Tensor> parameters, double learningRate) {
        return optimizer.over(parameters, learningRate, momentum, weightDecay);
    }

    /** Returns the values that took the place of defaults, by option. */
    public Map<String, Object> derived() {
        return Map.of("--batch-size", batchSize, "--precision", precision.toString(), "--momentum", momentum, "--weight-decay",
                weightDecay);
    }
}
