package panatorch.distributions;

import panatorch.Tensor;

/** The normal distribution of vectors [N] with mean {@code loc} and a full covariance matrix. */
public final class MultivariateNormal extends Distribution {
    private final Tensor loc;
    /** The Cholesky factor, which may lack dimensions of the batch, so that its work is not repeated for them. */
    private final Tensor factor;

    private MultivariateNormal(Tensor loc, Tensor factor, long[] batch) {
        super(batch, loc.size(-1));
        this.loc = loc;
        this.factor = factor;
    }

    private static MultivariateNormal of(Tensor loc, Covariance covariance) {
        if (loc.dim() < 1) throw new IllegalArgumentException("loc of MultivariateNormal has to be [*, N], not " + loc.describe());
        long n = loc.size(-1);
        long[] batch = Shapes.broadcast(covariance.batchShape(), Shapes.dropLast(loc.shape(), 1));
        if (covariance.given().size(-1) != n)
            throw new IllegalArgumentException(covariance.form().parameter + " of MultivariateNormal has to be [*, " + n + ", " + n
                    + "] for means of " + n + " elements, not " + covariance.given().describe());
        Tensor mean = loc.expand(Shapes.concat(batch, new long[] {n}));
        var parameters = new MultivariateNormal(mean, covariance.given(), batch);
        parameters.require("loc", mean, Constraints.REAL_VECTOR);
        covariance.check(parameters);
        return new MultivariateNormal(mean, covariance.factor(), batch);
    }

    /** Returns normal distributions with means [*, N] and covariance matrices [*, N, N]; the batches are broadcast. */
    public static MultivariateNormal ofCovariance(Tensor loc, Tensor covarianceMatrix) {
        return of(loc, new Covariance(Covariance.Form.COVARIANCE, covarianceMatrix));
    }

    /** Returns normal distributions with means [*, N] and inverse covariance matrices [*, N, N]. */
    public static MultivariateNormal ofPrecision(Tensor loc, Tensor precisionMatrix) {
        return of(loc, new Covariance(Covariance.Form.PRECISION, precisionMatrix));
    }

    /** Returns normal distributions with means [*, N] and lower triangular Cholesky factors of the covariance [*, N, N]. */
    public static MultivariateNormal ofScaleTril(Tensor loc, Tensor scaleTril) {
        return of(loc, new Covariance(Covariance.Form.SCALE_TRIL, scaleTril));
    }

    /** Returns the means. */
    public Tensor loc() { return loc; }

    /** Returns the Cholesky factors of the covariance. */
    public Tensor scaleTril() { return matrices(factor); }

    /** Returns the covariance matrices. */
    public Tensor covarianceMatrix() { return within(() -> matrices(factor.matmul(factor.mT()))); }

    /** Returns the inverse covariance matrices. */
    public Tensor precisionMatrix() {
        return within(() -> matrices(factor.choleskyInverse()));
    }

    Tensor factor() { return factor; }

    private Tensor matrices(Tensor t) { return t.expand(Shapes.concat(batchShape(), eventShape(), eventShape())); }

    @Override public Constraint support() { return Constraints.REAL_VECTOR; }

    @Override public MultivariateNormal expand(long... batchShape) {
        return derive(() -> new MultivariateNormal(loc.expand(Shapes.concat(batchShape, eventShape())), factor, batchShape));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) {
        return loc.add(Shapes.matrixVector(factor, Shapes.standardNormal(extended(sampleShape), loc)));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        Tensor distance = Shapes.mahalanobis(factor, value.sub(loc));
        return distance.add(loc.size(-1) * Math.log(2 * Math.PI)).mul(-0.5).sub(Shapes.logDiagonalSum(factor));
    }

    @Override protected Tensor computeEntropy() {
        return Shapes.logDiagonalSum(factor).add(0.5 * loc.size(-1) * (1 + Math.log(2 * Math.PI))).expand(batchShape());
    }

    @Override protected Tensor computeMean() { return loc; }

    @Override protected Tensor computeMode() { return loc; }

    @Override protected Tensor computeVariance() { return factor.pow(2).sum(-1).expand(extended()); }
}
