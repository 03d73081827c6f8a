package panatorch.train;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Replaces a rectangle of each image by the same rectangle of another image of the batch, and mixes the labels by area. Source: Yun et al.,
 * 2019, arXiv:1905.04899. One λ a batch is drawn from Beta(α, α). The rectangle's sides are {@code √(1 − λ)} of the image's. Its centre may
 * be anywhere in the image, and what lies beyond the borders is cut off; labels are weighted by the remaining area.
 *
 * <p>
 * The criterion has to take probabilities. Inputs are [N, C, H, W], labels int64 [N] or probabilities [N, C]. Random numbers come from the
 * global generators. Nothing waits for the device.
 *
 * @param alpha α of the Beta distribution, above 0
 * @param classes number of classes C
 */
public record CutMix(double alpha, long classes) implements TrainingMethod {
    public CutMix {
        MixedLabels.check(alpha, classes);
    }

    @Override public Objective around(Objective objective) {
        return (model, input, target) -> {
            if (input.dim() != 4) throw new IllegalArgumentException("CutMix takes images [N, C, H, W], not " + input.describe());
            try (var scope = Scope.open()) {
                Tensor part = Aten.sqrt(Aten.rsub(MixedLabels.weight(alpha, input), 1)), order = MixedLabels.order(input);
                Tensor inside =
                        Aten.logicalAnd(inside(input.size(2), part, input).unsqueeze(1), inside(input.size(3), part, input).unsqueeze(0));
                Tensor mixed = Aten.where(inside, input.indexSelect(0, order), input);
                Tensor weight = Aten.rsub(inside.to(DType.FLOAT32).mean(), 1);
                Tensor labels = MixedLabels.mix(MixedLabels.probabilities(target, classes), order, weight);
                Objective.Result result = objective.apply(model, mixed, labels);
                return new Objective.Result(scope.move(result.loss()), scope.move(result.output()));
            }
        };
    }

    /** Returns a mask [length] bool of the pixels within a window of {@code part} of {@code length} around a random pixel. */
    private static Tensor inside(long length, Tensor part, Tensor input) {
        Tensor centre = Aten.randint(length, new long[] {1}, DType.INT64, null, input.device()),
                half = part.mul(length).floor().div(2, "floor");
        Tensor pixels = Aten.arange(length, DType.INT64, null, input.device());
        return Aten.logicalAnd(pixels.ge(centre.sub(half)), pixels.lt(centre.add(half)));
    }
}
