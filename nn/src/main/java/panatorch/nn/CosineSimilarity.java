package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/** Cosine similarity {@code x₁·x₂ / (max(|x₁|, ε) max(|x₂|, ε))} along a dimension, which is removed. */
public final class CosineSimilarity extends Module {
    private final long dim;
    private final double eps;

    public CosineSimilarity() { this(1, 1e-8); }

    public CosineSimilarity(long dim, double eps) {
        this.dim = dim;
        this.eps = eps;
    }

    public Tensor forward(Tensor x1, Tensor x2) { return Aten.cosineSimilarity(x1, x2, dim, eps); }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1)));
    }

    @Override protected Module recreate() { return new CosineSimilarity(dim, eps); }
}
