package panatorch.metrics;

import java.util.Arrays;
import panatorch.DType;
import panatorch.Tensor;

/** Checks that need no read of a tensor's elements, and conversions. */
final class Inputs {
    private Inputs() {}

    /**
     * Checks scores of N ≥ 1 examples for C ≥ 1 classes and converts them to single precision at least: sums in half precision are too
     * inexact.
     */
    static Tensor scores(String what, Tensor scores) {
        if (scores.dim() != 2 || scores.numel() == 0 || !scores.dtype().isFloatingPoint())
            throw new IllegalArgumentException(what + " have to be floating-point numbers [N, C] of at least one example, not "
                    + describe(scores));
        return full(scores);
    }

    /**
     * Checks classes [N] and converts them to int64 on the device of {@code like}. Their range can only be checked by reading them.
     */
    static Tensor classes(String what, Tensor classes, Tensor like) {
        DType type = classes.dtype();
        if (classes.dim() != 1 || type.isFloatingPoint() || type.isComplex() || type == DType.BOOL)
            throw new IllegalArgumentException(what + " have to be whole numbers [N], not " + describe(classes));
        if (classes.size(0) != like.size(0))
            throw new IllegalArgumentException(what + " have length " + classes.size(0) + ", but there are " + like.size(0) + " examples");
        return classes.to(like.device(), DType.INT64);
    }

    /** Checks that predictions and targets have the same shape, and at least one element. */
    static void pairs(Tensor predictions, Tensor targets) {
        if (predictions.dim() == 0 || predictions.numel() == 0 || !Arrays.equals(predictions.shape(), targets.shape()))
            throw new IllegalArgumentException("predictions and targets have to be of the same shape [N, …] and not empty, not "
                    + describe(predictions) + " and " + describe(targets));
    }

    /** Converts half precision to single precision, because sums in half precision are too inexact. */
    static Tensor full(Tensor t) {
        return t.dtype() == DType.FLOAT64 ? t : t.to(DType.FLOAT32);
    }

    /** Returns the number of {@code classes} [N] int64 that are not in [0, {@code count}): [], on their device. */
    static Tensor outOfRange(Tensor classes, long count) {
        return isOutOfRange(classes, count).sum();
    }

    /** Returns whether each of {@code classes} [N] int64 is not in [0, {@code count}). */
    static Tensor isOutOfRange(Tensor classes, long count) {
        return classes.lt(0).bitwiseOr(classes.ge(count));
    }

    static IllegalArgumentException outOfRange(String what, long wrong, long count) {
        return new IllegalArgumentException(wrong + " of the " + what + " " + (wrong == 1 ? "is" : "are") + " not in 0 … " + (count - 1)
                + ", the " + count + " classes");
    }

    static String describe(Tensor t) { return t.dtype() + " " + Arrays.toString(t.shape()); }
}
