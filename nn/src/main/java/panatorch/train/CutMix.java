package panatorch.train;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Trains on images of which a rectangle comes from another image of the batch, the labels mixed by area (Yun et al. 2019, arXiv:1905.04899):
 * with λ from Beta(α, α), one a batch, the rectangle has sides {@code √(1 − λ)} of the image's, its centre anywhere, and is cut off at the
 * borders; labels are weighted by what is left of it.
 *
 * <p>For criteria that take probabilities. Inputs are [N, C, H, W], labels int64 [N] or probabilities. Draws from the global generators;
 * waits for no device.
 */
public record CutMix(double alpha, long classes) implements TrainingMethod {
    public CutMix {
        MixedLabels.check(alpha, classes);
    }

    @Override public Objective around(Objective objective) {
        return (model, input, target) -> {
            if (input.dim() != 4) throw new IllegalArgumentException("images are [N, C, H, W], not " + input.describe());
            try (var scope = Scope.open()) {
                Tensor part = Aten.sqrt(Aten.rsub(MixedLabels.weight(alpha, input), 1)), order = MixedLabels.order(input);
                Tensor inside = Aten.logicalAnd(inside(input.size(2), part, input).unsqueeze(1), inside(input.size(3), part, input).unsqueeze(0));
                Tensor mixed = Aten.where(inside, input.indexSelect(0, order), input);
                Tensor weight = Aten.rsub(inside.to(DType.FLOAT32).mean(), 1);
                Tensor labels = MixedLabels.mix(MixedLabels.probabilities(target, classes), order, weight);
                Objective.Result result = objective.apply(model, mixed, labels);
                return new Objective.Result(scope.move(result.loss()), scope.move(result.output()));
            }
        };
    }

    /** Which pixels of a side lie in a window of {@code part} of its length around one of them, [length] bool. */
    private static Tensor inside(long length, Tensor part, Tensor input) {
        Tensor centre = Aten.randint(length, new long[] {1}, DType.INT64, null, input.device()), half = part.mul(length).floor().div(2, "floor");
        Tensor pixels = Aten.arange(length, DType.INT64, null, input.device());
        return Aten.logicalAnd(pixels.ge(centre.sub(half)), pixels.lt(centre.add(half)));
    }
}
