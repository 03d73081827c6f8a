package panatorch.metrics;

import java.util.Arrays;
import panatorch.DType;
import panatorch.Tensor;

/** Checks of what can be seen without reading a tensor's elements, and conversions. */
final class Inputs {
    private Inputs() {}

    /** Scores of N ≥ 1 examples for C ≥ 1 classes, in single precision at least: sums of half precision are no measurements. */
    static Tensor scores(String what, Tensor scores) {
        if (scores.dim() != 2 || scores.numel() == 0 || !scores.dtype().isFloatingPoint())
            throw new IllegalArgumentException(what + " are floating-point numbers [N, C] of at least one example, not " + describe(scores));
        return scores.dtype() == DType.FLOAT64 ? scores : scores.to(DType.FLOAT32);
    }

    /** Classes [N] as int64, where {@code like} is. Whether they are in range, only their elements tell. */
    static Tensor classes(String what, Tensor classes, Tensor like) {
        DType type = classes.dtype();
        if (classes.dim() != 1 || type.isFloatingPoint() || type.isComplex() || type == DType.BOOL) throw new IllegalArgumentException(what + " are whole numbers [N], not " + describe(classes));
        if (classes.size(0) != like.size(0)) throw new IllegalArgumentException(what + " are " + classes.size(0) + ", and examples " + like.size(0));
        return classes.to(like.device(), DType.INT64);
    }

    /** How many of {@code classes} [N] int64 are not in [0, {@code count}): [], on their device. */
    static Tensor outOfRange(Tensor classes, long count) { return isOutOfRange(classes, count).sum(); }

    /** Which of {@code classes} [N] int64 are not in [0, {@code count}). */
    static Tensor isOutOfRange(Tensor classes, long count) { return classes.lt(0).bitwiseOr(classes.ge(count)); }

    static IllegalArgumentException outOfRange(String what, long wrong, long count) {
        return new IllegalArgumentException(wrong + " of the " + what + " " + (wrong == 1 ? "is" : "are") + " not in 0 … " + (count - 1) + ", the " + count + " classes");
    }

    static String describe(Tensor t) { return t.dtype() + " " + Arrays.toString(t.shape()); }
}
