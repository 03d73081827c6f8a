package panatorch.train;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/** Label arithmetic of the methods that mix examples: {@link Mixup} and {@link CutMix}. */
final class MixedLabels {
    private MixedLabels() {}

    static void check(double alpha, long classes) {
        if (!(alpha > 0)) throw new IllegalArgumentException("alpha has to be positive, not " + alpha);
        if (classes < 1) throw new IllegalArgumentException("the number of classes has to be at least 1, not " + classes);
    }

    /** Draws one λ from Beta(α, α): [] float32 on the input's device. */
    static Tensor weight(double alpha, Tensor input) {
        return Aten._sampleDirichlet(Aten.full(new long[] {2}, alpha, DType.FLOAT32, null, input.device())).select(0, 0);
    }

    /** Draws a random order of the batch's rows. */
    static Tensor order(Tensor input) {
        return Aten.randperm(input.size(0), DType.INT64, null, input.device());
    }

    /** Returns the labels as probabilities [N, classes] float32. */
    static Tensor probabilities(@Nullable Tensor target, long classes) {
        if (target == null) throw new IllegalArgumentException("mixing needs labels, and the batch has none");
        if (target.dtype().isFloatingPoint()) return target.to(DType.FLOAT32);
        // one_hot would read the labels and so wait for the device
        return Torch.zeros(DType.FLOAT32, target.device(), target.size(0), classes).scatter_(1, target.unsqueeze(1), 1);
    }

    /**
     * Interpolates the labels of each row and of its partner in {@code order}.
     *
     * @param weight weight [] of each row's own labels
     */
    static Tensor mix(Tensor probabilities, Tensor order, Tensor weight) {
        return Aten.lerp(probabilities.indexSelect(0, order), probabilities, weight);
    }
}
