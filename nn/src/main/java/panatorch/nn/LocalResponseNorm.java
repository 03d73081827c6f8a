package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Krizhevsky et al. 2012, §3.3: divides by a power of the mean square of the neighbouring channels: [N, C, *]. */
public final class LocalResponseNorm extends Module {
    private final long size;
    private final double alpha, beta, k;

    public LocalResponseNorm(long size) { this(size, 1e-4, 0.75, 1); }

    /** Divides by {@code (k + α · mean)^β}. @param size neighbouring channels in the mean */
    public LocalResponseNorm(long size, double alpha, double beta, double k) {
        this.size = size;
        this.alpha = alpha;
        this.beta = beta;
        this.k = k;
    }

    @Override public Tensor forward(Tensor input) {
        if (input.dim() < 3) throw new IllegalArgumentException("LocalResponseNorm takes [N, C, *], not " + input.describe());
        Tensor flat = input.flatten(2, -1), squares = flat.mul(flat).unsqueeze(1);      // [N, 1, C, *]
        Tensor mean = Aten.avgPool2d(Aten.pad(squares, new long[] {0, 0, size / 2, (size - 1) / 2}), new long[] {size, 1}, new long[] {1, 1});
        return input.div(mean.squeeze(1).mul(alpha).add(k).pow(beta).reshape(input.shape()));
    }

    @Override protected Module recreate() { return new LocalResponseNorm(size, alpha, beta, k); }

    @Override protected String describe() { return size + ", alpha=" + Repr.of(alpha) + ", beta=" + Repr.of(beta) + ", k=" + Repr.of(k); }
}
