package panatorch.train;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/** What methods that mix examples do to labels. */
final class MixedLabels {
    private MixedLabels() {}

    static void check(double alpha, long classes) {
        if (!(alpha > 0)) throw new IllegalArgumentException("alpha is positive, not " + alpha);
        if (classes < 1) throw new IllegalArgumentException("there is at least one class, not " + classes);
    }

    /** One λ from Beta(α, α), [] float32 on the input's device. */
    static Tensor weight(double alpha, Tensor input) {
        return Aten._sampleDirichlet(Aten.full(new long[] {2}, alpha, DType.FLOAT32, null, input.device())).select(0, 0);
    }

    /** A random order of the batch's rows. */
    static Tensor order(Tensor input) { return Aten.randperm(input.size(0), DType.INT64, null, input.device()); }

    /** [N, classes] float32. */
    static Tensor probabilities(@Nullable Tensor target, long classes) {
        if (target == null) throw new IllegalArgumentException("labels are mixed, and the batch has none");
        if (target.dtype().isFloatingPoint()) return target.to(DType.FLOAT32);
        return Torch.zeros(DType.FLOAT32, target.device(), target.size(0), classes).scatter_(1, target.unsqueeze(1), 1); // one_hot looks at the labels, which waits for the device
    }

    /** @param weight [] of the examples that stay */
    static Tensor mix(Tensor probabilities, Tensor order, Tensor weight) { return Aten.lerp(probabilities.indexSelect(0, order), probabilities, weight); }
}
