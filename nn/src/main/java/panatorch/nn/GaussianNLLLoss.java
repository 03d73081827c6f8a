package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Tensor;
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
        if (variance.lt(0).any().itemLong() != 0) throw new IllegalArgumentException("a variance is negative");
        long[] shape = input.shape();
        boolean shorter = Arrays.equals(variance.shape(), Arrays.copyOf(shape, Math.max(0, shape.length - 1))) && variance.dim() != input.dim();
        Tensor v = (shorter ? variance.unsqueeze(-1) : variance).clone();
        try (var noGrad = NoGrad.enter()) {
            v.clampMin_(eps);
        }
        Tensor loss = v.log().add(input.sub(target).pow(2).div(v)).mul(0.5);
        return reduction.of(full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) { return List.of(forward(inputs.get(0), inputs.get(1), inputs.get(2))); }

    @Override protected Module recreate() { return new GaussianNLLLoss(full, eps, reduction); }
}
