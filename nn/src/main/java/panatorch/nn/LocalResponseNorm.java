package panatorch.nn;

import panatorch.Tensor;
import panatorch.nn.functional.Normalization;

/**
 * Local response normalisation (Krizhevsky et al., 2012, §3.3): divides [N, C, *] by a power of the mean square of the neighbouring
 * channels.
 */
public final class LocalResponseNorm extends Module {
    private final long size;
    private final double alpha, beta, k;

    public LocalResponseNorm(long size) { this(size, 1e-4, 0.75, 1); }

    /**
     * Divides by {@code (k + α · mean)^β}.
     *
     * @param size number of neighbouring channels in the mean
     */
    public LocalResponseNorm(long size, double alpha, double beta, double k) {
        this.size = size;
        this.alpha = alpha;
        this.beta = beta;
        this.k = k;
    }

    @Override public Tensor forward(Tensor input) { return Normalization.localResponseNorm(input, size, alpha, beta, k); }

    @Override protected Module recreate() { return new LocalResponseNorm(size, alpha, beta, k); }

    @Override protected String describe() { return size + ", alpha=" + Repr.of(alpha) + ", beta=" + Repr.of(beta) + ", k=" + Repr.of(k); }
}
