package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.functional.Losses;
import panatorch.nn.functional.Reduction;

/** {@code (log σ² + (x − y)² / σ²) / 2} of means x, targets y and variances, which are of their shape, of one less dimension, or have 1 for one. */
public final class GaussianNLLLoss extends Module {
    private final boolean full;
    private final double eps;
    private final Reduction reduction;

    public GaussianNLLLoss() { this(false, 1e-6, Reduction.MEAN); }

    /** @param full whether the constant is added; @param eps the least variance */
    public GaussianNLLLoss(boolean full, double eps, Reduction reduction) {
        this.full = full;
        this.eps = eps;
        this.reduction = reduction;
    }

    public Tensor forward(Tensor input, Tensor target, Tensor variance) {
        return Losses.gaussianNll(input, target, variance, full, eps, reduction);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) { return List.of(forward(inputs.get(0), inputs.get(1), inputs.get(2))); }

    @Override protected Module recreate() { return new GaussianNLLLoss(full, eps, reduction); }
}
