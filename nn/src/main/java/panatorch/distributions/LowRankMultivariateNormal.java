package panatorch.distributions;

import panatorch.Linalg;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * The normal distribution of vectors [N] with mean {@code loc} and covariance W Wᵀ + diag(d), for W of few columns: its work grows with N
 * rather than N³.
 */
public final class LowRankMultivariateNormal extends Distribution {
    private final Tensor loc, factor, diagonal;
    /** The Cholesky factor of I + Wᵀ diag(d)⁻¹ W. */
    private final Tensor capacitance;

    private LowRankMultivariateNormal(Tensor loc, Tensor factor, Tensor diagonal, Tensor capacitance) {
        super(Shapes.dropLast(loc.shape(), 1), loc.size(-1));
        this.loc = loc;
        this.factor = factor;
        this.diagonal = diagonal;
        this.capacitance = capacitance;
    }

    /**
     * Returns normal distributions; the batches are broadcast.
     *
     * @param loc means [*, N]
     * @param covFactor W, [*, N, M]
     * @param covDiag d, numbers above 0, [*, N]
     */
    public static LowRankMultivariateNormal of(Tensor loc, Tensor covFactor, Tensor covDiag) {
        if (loc.dim() < 1 || covFactor.dim() < 2 || covFactor.size(-2) != loc.size(-1) || covDiag.dim() < 1
                || covDiag.size(-1) != loc.size(-1))
            throw new IllegalArgumentException("LowRankMultivariateNormal needs loc [*, N], covFactor [*, N, M] and covDiag [*, N], not "
                    + loc.describe() + ", " + covFactor.describe() + " and " + covDiag.describe());
        long[] batch = Shapes.broadcast(Shapes.dropLast(loc.shape(), 1), Shapes.dropLast(covFactor.shape(), 2),
                Shapes.dropLast(covDiag.shape(), 1));
        Tensor mean = loc.expand(Shapes.concat(batch, new long[] {loc.size(-1)}));
        var parameters = new LowRankMultivariateNormal(mean, covFactor, covDiag, covDiag);
        parameters.require("loc", mean, Constraints.REAL_VECTOR);
        parameters.require("covFactor", covFactor, Constraints.independent(Constraints.REAL, 2));
        parameters.require("covDiag", covDiag, Constraints.independent(Constraints.POSITIVE, 1));
        Tensor capacitance = within(() -> {
            Tensor k = covFactor.mT().div(covDiag.unsqueeze(-2)).matmul(covFactor);
            return Linalg.cholesky(k.add(Torch.eye(k.size(-1), k.size(-1), k.dtype(), k.device())));
        });
        return new LowRankMultivariateNormal(mean, covFactor, covDiag, capacitance);
    }

    /** Returns the means. */
    public Tensor loc() { return loc; }

    /** Returns W, [*, N, M]. */
    public Tensor covFactor() {
        return factor.expand(Shapes.concat(batchShape(), Shapes.last(factor.shape(), 2)));
    }

    /** Returns d, [*, N]. */
    public Tensor covDiag() { return diagonal.expand(extended()); }

    /** Returns the covariance matrices, [*, N, N]. */
    public Tensor covarianceMatrix() {
        return within(() -> factor.matmul(factor.mT()).add(diagonal.diagEmbed()).expand(Shapes.concat(extended(), eventShape())));
    }

    /** Returns the inverse covariance matrices, [*, N, N]. */
    public Tensor precisionMatrix() {
        return within(() -> {
            Tensor a = whitened();
            return diagonal.reciprocal().diagEmbed().sub(a.mT().matmul(a)).expand(Shapes.concat(extended(), eventShape()));
        });
    }

    /** Returns the Cholesky factors of the covariance, [*, N, N]. */
    public Tensor scaleTril() {
        return within(() -> Linalg.cholesky(covarianceMatrix()));
    }

    Tensor factor() { return factor; }

    Tensor diagonal() { return diagonal; }

    /** Returns C⁻¹ Wᵀ diag(d)⁻¹ for the capacitance's factor C. */
    Tensor whitened() {
        return Linalg.solveTriangular(capacitance, factor.mT().div(diagonal.unsqueeze(-2)), false);
    }

    Tensor logDeterminant() { return Shapes.logDiagonalSum(capacitance).mul(2).add(diagonal.log().sum(-1)); }

    Tensor squaredDistance(Tensor x) {
        Tensor y = Shapes.matrixVector(factor.mT().div(diagonal.unsqueeze(-2)), x);
        return x.pow(2).div(diagonal).sum(-1).sub(Shapes.mahalanobis(capacitance, y));
    }

    @Override public Constraint support() { return Constraints.REAL_VECTOR; }

    @Override public LowRankMultivariateNormal expand(long... batchShape) {
        return derive(
                () -> new LowRankMultivariateNormal(loc.expand(Shapes.concat(batchShape, eventShape())), factor, diagonal, capacitance));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) {
        Tensor w = Shapes.standardNormal(Shapes.concat(sampleShape, batchShape(), Shapes.last(factor.shape(), 1)), loc);
        Tensor d = Shapes.standardNormal(extended(sampleShape), loc);
        return loc.add(Shapes.matrixVector(factor, w)).add(diagonal.sqrt().mul(d));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        Tensor distance = squaredDistance(value.sub(loc));
        return logDeterminant().add(loc.size(-1) * Math.log(2 * Math.PI)).add(distance).mul(-0.5);
    }

    @Override protected Tensor computeEntropy() {
        return logDeterminant().add(loc.size(-1) * (1 + Math.log(2 * Math.PI))).mul(0.5).expand(batchShape());
    }

    @Override protected Tensor computeMean() { return loc; }

    @Override protected Tensor computeMode() { return loc; }

    @Override protected Tensor computeVariance() { return factor.pow(2).sum(-1).add(diagonal).expand(extended()); }
}
