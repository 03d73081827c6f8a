package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.functional.Losses;
import panatorch.nn.functional.Reduction;

/**
 * Gaussian negative log-likelihood {@code (log σ² + (x − y)² / σ²) / 2} of means x, targets y and variances σ². Variances have the shape of
 * the means, one dimension less, or size 1 in one dimension.
 */
public final class GaussianNLLLoss extends Module {
    private final boolean full;
    private final double eps;
    private final Reduction reduction;

    public GaussianNLLLoss() { this(false, 1e-6, Reduction.MEAN); }

    /**
     * Creates the loss.
     *
     * @param full whether to add the constant
     * @param eps lower bound of the variance
     */
    public GaussianNLLLoss(boolean full, double eps, Reduction reduction) {
        this.full = full;
        this.eps = eps;
        this.reduction = reduction;
    }

    public Tensor forward(Tensor input, Tensor target, Tensor variance) {
        return Losses.gaussianNll(input, target, variance, full, eps, reduction);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1), inputs.get(2)));
    }

    @Override protected Module recreate() { return new GaussianNLLLoss(full, eps, reduction); }
}
