package panatorch.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** Clips gradients in place, as {@code torch.nn.utils.clip_grad}. Parameters without a gradient are skipped. */
public final class ClipGrad {
    private ClipGrad() {}

    /** Clips by the Euclidean norm, without an error for norms that are not finite. */
    public static Tensor norm_(List<Tensor> parameters, double maxNorm) {
        return norm_(parameters, maxNorm, 2, false);
    }

    /**
     * Multiplies all gradients by {@code min(1, maxNorm/(‖g‖ + 1e-6))}, where the norm is that of all gradients as one vector (Pascanu,
     * Mikolov and Bengio 2012, arXiv:1211.5063).
     *
     * @param p order of the norm; {@link Double#POSITIVE_INFINITY} for the largest element
     * @param errorIfNonfinite whether a norm that is not finite throws an exception, which waits for the device; otherwise the gradients
     * become not finite
     * @return the norm before clipping, [], which belongs to the current scope
     * @throws ArithmeticException if the norm is not finite and {@code errorIfNonfinite}
     */
    public static Tensor norm_(List<Tensor> parameters, double maxNorm, double p, boolean errorIfNonfinite) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            List<List<Tensor>> lists = gradients(parameters);
            if (lists.isEmpty()) return scope.move(Torch.scalar(0));
            Device first = lists.getFirst().getFirst().device();
            var norms = new ArrayList<Tensor>();
            for (List<Tensor> g : lists) for (Tensor norm : Aten._foreachNorm(g, p)) norms.add(norm.to(first));
            Tensor total = panatorch.Linalg.vectorNorm(Aten.stack(norms), p);
            if (errorIfNonfinite && !Double.isFinite(total.itemDouble()))
                throw new ArithmeticException("the gradients' norm of order " + p + " is " + total.itemDouble());
            Tensor factor = Aten.mul(total.add(1e-6).reciprocal(), maxNorm).clampMax(1);
            for (List<Tensor> g : lists) Aten._foreachMul_(g, factor.to(g.getFirst().device()));
            return scope.move(total);
        }
    }

    /** Clamps all elements to {@code [−bound, bound]}. */
    public static void value_(List<Tensor> parameters, double bound) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (List<Tensor> g : gradients(parameters)) {
                Aten._foreachClampMin_(g, -bound);
                Aten._foreachClampMax_(g, bound);
            }
        }
    }

    /** Returns the gradients as one list for each type and device. */
    private static List<List<Tensor>> gradients(List<Tensor> parameters) {
        record Kind(DType dtype, Device device) {}
        var lists = new LinkedHashMap<Kind, List<Tensor>>();
        for (Tensor p : parameters)
            if (p.grad() instanceof Tensor g) lists.computeIfAbsent(new Kind(g.dtype(), g.device()), k -> new ArrayList<>()).add(g);
        return new ArrayList<>(lists.values());
    }
}
