package panatorch.train;

import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Trains on convex combinations of two images and of their labels (Zhang et al., 2018, arXiv:1710.09412). One λ a batch is drawn from
 * Beta(α, α), and π is a random order of the batch: {@code x ← λ·x + (1 − λ)·x[π]}. One-hot labels are combined in the same way.
 *
 * <p>
 * The criterion has to take probabilities. Inputs are floating-point of any shape [N, …], labels int64 [N] or probabilities [N, C]. Random
 * numbers come from the global generators. Nothing waits for the device.
 *
 * @param alpha α of the Beta distribution, above 0
 * @param classes number of classes C
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
