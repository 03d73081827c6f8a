package panatorch.optim;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/** The layer-wise factors of {@link LARS} and {@link LAMB}. They are computed on the device and never read. */
final class TrustRatio {
    private TrustRatio() {}

    /** Returns the Euclidean norm of each tensor, [K]. */
    static Tensor norms(List<Tensor> tensors) {
        return Aten.stack(Aten._foreachNorm(tensors, 2));
    }

    /** Returns {@code ratios} [K] where both norms are positive, and elsewhere 1, as in the first step of a bias. */
    static Tensor orOne(Tensor ratios, Tensor norms, Tensor others) {
        return ratios.maskedFill(norms.gt(0).bitwiseAnd(others.gt(0)).bitwiseNot(), 1);
    }

    /** Multiplies each tensor by its ratio, in place. */
    static void multiply(List<Tensor> tensors, Tensor ratios) {
        Aten._foreachMul_(tensors, ratios.unbind(0));
    }
}
