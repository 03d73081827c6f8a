package panatorch.distributions;

import java.util.Arrays;
import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;

/** The Wishart distribution of positive definite matrices [N, N] with {@code df} degrees of freedom and a scale matrix V. */
public final class Wishart extends Distribution {
    private final Tensor df, factor;

    private Wishart(Tensor df, Tensor factor) {
        super(df.shape(), factor.size(-1), factor.size(-1));
        this.df = df;
        this.factor = factor;
    }

    private static Wishart of(Tensor df, Covariance scale) {
        long[] batch = Shapes.broadcast(scale.batchShape(), df.shape());
        long n = scale.given().size(-1);
        Tensor all = df.expand(batch);
        var parameters = new Wishart(all, scale.given());
        parameters.require("df", all, Constraints.greaterThan(n - 1));
        scale.check(parameters);
        return new Wishart(all, scale.factor());
    }

    /** Returns Wishart distributions with degrees of freedom [*] above N − 1 and scale matrices [*, N, N], which are broadcast. */
    public static Wishart ofCovariance(Tensor df, Tensor covarianceMatrix) {
        return of(df, new Covariance(Covariance.Form.COVARIANCE, covarianceMatrix));
    }

    /** Returns Wishart distributions with degrees of freedom [*] and inverse scale matrices [*, N, N]. */
    public static Wishart ofPrecision(Tensor df, Tensor precisionMatrix) {
        return of(df, new Covariance(Covariance.Form.PRECISION, precisionMatrix));
    }

    /** Returns Wishart distributions with degrees of freedom [*] and lower triangular Cholesky factors of the scale [*, N, N]. */
    public static Wishart ofScaleTril(Tensor df, Tensor scaleTril) {
        return of(df, new Covariance(Covariance.Form.SCALE_TRIL, scaleTril));
    }

    /** Returns the degrees of freedom. */
    public Tensor df() { return df; }

    /** Returns the Cholesky factors of the scale matrices. */
    public Tensor scaleTril() { return factor.expand(extended()); }

    /** Returns the scale matrices. */
    public Tensor covarianceMatrix() {
        return within(() -> factor.matmul(factor.mT()).expand(extended()));
    }

    /** Returns the inverse scale matrices. */
    public Tensor precisionMatrix() {
        return within(() -> factor.choleskyInverse().expand(extended()));
    }

    Tensor factor() { return factor; }

    @Override public Constraint support() { return Constraints.POSITIVE_DEFINITE; }

    @Override public Wishart expand(long... batchShape) {
        return derive(() -> new Wishart(df.expand(batchShape), factor));
    }

    @Override public boolean hasRsample() { return true; }

    private Tensor bartlett(long... sampleShape) {
        long n = factor.size(-1);
        Tensor degrees = df.unsqueeze(-1).sub(Aten.arange(n, factor.dtype(), null, factor.device()));
        Tensor chi2 = derive(() -> Chi2.of(degrees)).drawRsample(sampleShape).sqrt();
        Tensor noise = chi2.clampMin(chi2.dtype().finfo().eps()).diagEmbed();
        Tensor below =
                Aten.randn(Shapes.concat(sampleShape, batchShape(), new long[] {n * (n - 1) / 2}), noise.dtype(), null, noise.device());
        Tensor[] at = new Tensor[(int) noise.dim()];
        List<Tensor> indices = Aten.trilIndices(n, n, -1, DType.INT64, null, noise.device()).unbind();
        at[at.length - 2] = indices.get(0);
        at[at.length - 1] = indices.get(1);
        Tensor root = factor.matmul(noise.indexPut(Arrays.asList(at), below));
        return root.matmul(root.transpose(-2, -1));
    }

    /** Draws again, as Python does, first for every sample with a positive definite matrix and then until all are. */
    @Override protected Tensor drawRsample(long[] sampleShape) {
        Tensor first = bartlett(sampleShape), draws = sampleShape.length == 0 ? first.unsqueeze(0) : first;
        Tensor again = anyOfBatch(support().check(draws));
        for (int i = 0; i < 10; i++) {
            long count = again.sum().itemLong();
            if (count == 0) break;
            Tensor fresh = bartlett(count), failed = anyOfBatch(support().check(fresh).logicalNot());
            draws = draws.indexPut(List.of(again), fresh);
            again = again.indexPut(List.of(again), failed);
        }
        return sampleShape.length == 0 ? draws.squeeze(0L) : draws;
    }

    private Tensor anyOfBatch(Tensor valid) { return batchShape().length == 0 ? valid : valid.flatten(-batchShape().length, -1).any(-1); }

    /** Returns log Γ_N(df / 2) + df / 2 · (log |V| + N log 2). */
    Tensor logNorm() {
        long n = factor.size(-1);
        return df.mul(Shapes.logDiagonalSum(factor).add(n * Math.log(2) / 2)).add(df.div(2).mvlgamma(n));
    }

    /** Returns the derivative of {@code mvlgamma}. */
    static Tensor mvdigamma(Tensor x, long n) {
        return x.unsqueeze(-1).sub(Aten.arange(n, x.dtype(), null, x.device()).div(2)).digamma().sum(-1);
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        long n = factor.size(-1);
        Tensor trace = value.choleskySolve(factor).diagonal(0, -2, -1).sum(-1).div(2);
        return logNorm().neg().add(df.sub(n + 1).div(2).mul(value.slogdet().logabsdet())).sub(trace);
    }

    @Override protected Tensor computeEntropy() {
        long n = factor.size(-1);
        return Shapes.logDiagonalSum(factor).add(n * Math.log(2) / 2).mul(n + 1).add(df.div(2).mvlgamma(n))
                .sub(df.sub(n + 1).div(2).mul(mvdigamma(df.div(2), n))).add(df.mul(n).div(2));
    }

    private static Tensor scalars(Tensor t) { return t.unsqueeze(-1).unsqueeze(-1); }

    @Override protected Tensor computeMean() { return scalars(df).mul(covarianceMatrix()); }

    /** Returns the modes, NaN for up to N + 1 degrees of freedom. */
    @Override protected Tensor computeMode() {
        Tensor f = df.sub(factor.size(-1) + 1);
        return scalars(f.maskedFill(f.le(0), Double.NaN)).mul(covarianceMatrix());
    }

    @Override protected Tensor computeVariance() {
        Tensor v = covarianceMatrix(), diagonal = v.diagonal(0, -2, -1);
        return scalars(df).mul(v.pow(2).add(diagonal.unsqueeze(-1).mul(diagonal.unsqueeze(-2))));
    }
}
