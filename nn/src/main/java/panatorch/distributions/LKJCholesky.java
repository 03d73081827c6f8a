package panatorch.distributions;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Linalg;
import panatorch.Tensor;

/** The LKJ distribution of Cholesky factors [N, N] of correlation matrices (Lewandowski et al. 2009), by the onion method. */
public final class LKJCholesky extends Distribution {
    private final long dim;
    private final Tensor concentration;
    private final Beta beta;

    private LKJCholesky(long dim, Tensor concentration, Beta beta) {
        super(concentration.shape(), dim, dim);
        this.dim = dim;
        this.concentration = concentration;
        this.beta = beta;
        require("concentration", concentration, Constraints.POSITIVE);
    }

    /**
     * Returns distributions of factors of N × N matrices.
     *
     * @param dim N, at least 2
     * @param concentration numbers above 0; 1 is uniform over correlation matrices, and larger ones prefer small correlations
     */
    public static LKJCholesky of(long dim, Tensor concentration) {
        if (dim < 2) throw new IllegalArgumentException("dim of LKJCholesky has to be at least 2, not " + dim);
        Tensor offset = Aten.arange(dim - 1, concentration.dtype(), null, concentration.device()).constantPadNd(new long[] {1, 0}, 0);
        Tensor rest = concentration.add(0.5 * (dim - 2)).unsqueeze(-1).sub(offset.mul(0.5));
        return new LKJCholesky(dim, concentration, Beta.of(offset.add(0.5), rest));
    }

    /** Returns one distribution, in the default type. */
    public static LKJCholesky of(long dim, double concentration) {
        return of(dim, Shapes.number(concentration));
    }

    /** Returns the concentrations. */
    public Tensor concentration() { return concentration; }

    @Override public Constraint support() { return Constraints.CORR_CHOLESKY; }

    @Override public LKJCholesky expand(long... batchShape) {
        return derive(
                () -> new LKJCholesky(dim, concentration.expand(batchShape), beta.expand(Shapes.concat(batchShape, new long[] {dim}))));
    }

    @Override protected Tensor drawSample(long[] sampleShape) {
        Tensor y = beta.drawSample(sampleShape).unsqueeze(-1);
        Tensor normal = Aten.randn(extended(sampleShape), y.dtype(), null, y.device()).tril(-1);
        Tensor sphere = normal.div(Linalg.vectorNorm(normal, 2, -1L, true));
        sphere.select(-2, 0).fill_(0);
        Tensor w = y.sqrt().mul(sphere);
        return w.add(w.pow(2).sum(-1).rsub(1).clampMin(w.dtype().finfo().tiny()).sqrt().diagEmbed());
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        Tensor diagonal = value.diagonal(0, -2, -1).narrow(-1, 1, dim - 1);
        Tensor order = concentration.sub(1).mul(2).unsqueeze(-1).add(dim)
                .sub(Aten.arange(2, dim + 1, DType.INT64, null, concentration.device()));
        Tensor alpha = concentration.add(0.5 * (dim - 1));
        Tensor norm = alpha.sub(0.5).mvlgamma(dim - 1).add(0.5 * (dim - 1) * Math.log(Math.PI)).sub(alpha.lgamma().mul(dim - 1));
        return order.mul(diagonal.log()).sum(-1).sub(norm);
    }
}
