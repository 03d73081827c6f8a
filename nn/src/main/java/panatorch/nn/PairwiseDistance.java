package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/** Distance of pairs: the p-norm of {@code x₁ − x₂ + ε} along the last dimension, [N, D], [N, D] → [N]. */
public final class PairwiseDistance extends Module {
    private final double p, eps;
    private final boolean keepDim;

    public PairwiseDistance() { this(2, 1e-6, false); }

    public PairwiseDistance(double p, double eps, boolean keepDim) {
        this.p = p;
        this.eps = eps;
        this.keepDim = keepDim;
    }

    public Tensor forward(Tensor x1, Tensor x2) { return Aten.pairwiseDistance(x1, x2, p, eps, keepDim); }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1)));
    }

    @Override protected Module recreate() { return new PairwiseDistance(p, eps, keepDim); }
}
