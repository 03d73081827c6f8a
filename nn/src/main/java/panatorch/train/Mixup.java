package panatorch.train;

import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Trains on convex combinations of images and of their labels (Zhang et al. 2018, arXiv:1710.09412): with λ from Beta(α, α), one a batch,
 * {@code x ← λ·x + (1 − λ)·x[π]} and the same of the one-hot labels, π being a random order of the batch.
 *
 * <p>For criteria that take probabilities. Inputs are of floating point and any shape [N, …], labels int64 [N] or probabilities [N, C]. Draws
 * from the global generators; waits for no device.
 */
public record Mixup(double alpha, long classes) implements TrainingMethod {
    public Mixup {
        MixedLabels.check(alpha, classes);
    }

    @Override public Objective around(Objective objective) {
        return (model, input, target) -> {
            try (var scope = Scope.open()) {
                Tensor weight = MixedLabels.weight(alpha, input), order = MixedLabels.order(input);
                Tensor mixed = Aten.lerp(input.indexSelect(0, order), input, weight.to(input.dtype()));
                Tensor labels = MixedLabels.mix(MixedLabels.probabilities(target, classes), order, weight);
                Objective.Result result = objective.apply(model, mixed, labels);
                return new Objective.Result(scope.move(result.loss()), scope.move(result.output()));
            }
        };
    }
}
