package panatorch.distributions;

import java.util.Arrays;
import panatorch.Aten;
import panatorch.Linalg;
import panatorch.Tensor;

/** Kullback-Leibler divergences of distributions of the same kind. */
final class SameKindDivergences {
    private SameKindDivergences() {}

    static void register() {
        KL.register(Bernoulli.class, Bernoulli.class, SameKindDivergences::bernoulli);
        KL.register(Beta.class, Beta.class, SameKindDivergences::beta);
        KL.register(Binomial.class, Binomial.class, SameKindDivergences::binomial);
        KL.register(Categorical.class, Categorical.class, SameKindDivergences::categorical);
        KL.register(Cauchy.class, Cauchy.class, (p, q) -> p.scale().add(q.scale()).pow(2).add(p.loc().sub(q.loc()).pow(2)).log()
                .sub(p.scale().mul(4).mul(q.scale()).log()));
        KL.register(ContinuousBernoulli.class, ContinuousBernoulli.class,
                (p, q) -> p.computeMean().mul(p.logits().sub(q.logits())).add(p.logNorm().add(p.probs().neg().log1p()))
                        .add(q.logNorm().neg().sub(q.probs().neg().log1p())));
        KL.register(Dirichlet.class, Dirichlet.class, SameKindDivergences::dirichlet);
        KL.register(Exponential.class, Exponential.class,
                (p, q) -> q.rate().div(p.rate()).log().neg().add(q.rate().div(p.rate())).sub(1));
        KL.register(Gamma.class, Gamma.class, SameKindDivergences::gamma);
        KL.register(Geometric.class, Geometric.class,
                (p, q) -> p.computeEntropy().neg().sub(q.probs().neg().log1p().div(p.probs())).sub(q.logits()));
        KL.register(Gumbel.class, Gumbel.class, SameKindDivergences::gumbel);
        KL.register(HalfNormal.class, HalfNormal.class, (p, q) -> normal((Normal) p.base(), (Normal) q.base()));
        KL.register(Independent.class, Independent.class, SameKindDivergences::independent);
        KL.register(Laplace.class, Laplace.class, SameKindDivergences::laplace);
        KL.register(LowRankMultivariateNormal.class, LowRankMultivariateNormal.class, SameKindDivergences::lowRank);
        KL.register(LowRankMultivariateNormal.class, MultivariateNormal.class, SameKindDivergences::lowRankFull);
        KL.register(MultivariateNormal.class, LowRankMultivariateNormal.class, SameKindDivergences::fullLowRank);
        KL.register(MultivariateNormal.class, MultivariateNormal.class, SameKindDivergences::multivariateNormal);
        KL.register(Normal.class, Normal.class, SameKindDivergences::normal);
        KL.register(OneHotCategorical.class, OneHotCategorical.class, (p, q) -> categorical(p.categorical(), q.categorical()));
        KL.register(Pareto.class, Pareto.class, SameKindDivergences::pareto);
        KL.register(Poisson.class, Poisson.class,
                (p, q) -> p.rate().mul(p.rate().log().sub(q.rate().log())).sub(p.rate().sub(q.rate())));
        KL.register(TransformedDistribution.class, TransformedDistribution.class, SameKindDivergences::transformed);
        KL.register(Uniform.class, Uniform.class, (p, q) -> q.high().sub(q.low()).div(p.high().sub(p.low())).log()
                .maskedFill(q.low().gt(p.low()).logicalOr(q.high().lt(p.high())), Double.POSITIVE_INFINITY));
        KL.register(Wishart.class, Wishart.class, SameKindDivergences::wishart);
    }

    private static Tensor bernoulli(Bernoulli p, Bernoulli q) {
        Tensor pp = p.probs(), qp = q.probs(), pl = p.logits(), ql = q.logits();
        Tensor one = pp.mul(ql.neg().softplus().sub(pl.neg().softplus())).maskedFill(qp.eq(0), Double.POSITIVE_INFINITY)
                .maskedFill(pp.eq(0), 0);
        Tensor zero = pp.rsub(1).mul(ql.softplus().sub(pl.softplus())).maskedFill(qp.eq(1), Double.POSITIVE_INFINITY)
                .maskedFill(pp.eq(1), 0);
        return one.add(zero);
    }

    private static Tensor beta(Beta p, Beta q) {
        Tensor p1 = p.concentration1(), p0 = p.concentration0(), q1 = q.concentration1(), q0 = q.concentration0();
        Tensor pSum = p1.add(p0), qSum = q1.add(q0);
        Tensor norms = q1.lgamma().add(q0.lgamma()).add(pSum.lgamma()).sub(p1.lgamma().add(p0.lgamma()).add(qSum.lgamma()));
        return norms.add(p1.sub(q1).mul(p1.digamma())).add(p0.sub(q0).mul(p0.digamma())).add(qSum.sub(pSum).mul(pSum.digamma()));
    }

    static Tensor categorical(Categorical p, Categorical q) {
        Tensor terms = p.probs().mul(p.logits().sub(q.logits()));
        return terms.maskedFill(q.probs().eq(0), Double.POSITIVE_INFINITY).maskedFill(p.probs().eq(0), 0).sum(-1);
    }

    private static Tensor dirichlet(Dirichlet p, Dirichlet q) {
        Tensor pc = p.concentration(), qc = q.concentration(), pSum = pc.sum(-1);
        Tensor weights = pc.digamma().sub(pSum.digamma().unsqueeze(-1));
        return pSum.lgamma().sub(qc.sum(-1).lgamma()).sub(pc.lgamma().sub(qc.lgamma()).sum(-1)).add(pc.sub(qc).mul(weights).sum(-1));
    }

    private static Tensor gamma(Gamma p, Gamma q) {
        Tensor pc = p.concentration(), qc = q.concentration();
        return qc.mul(p.rate().div(q.rate()).log()).add(qc.lgamma().sub(pc.lgamma())).add(pc.sub(qc).mul(pc.digamma()))
                .add(q.rate().sub(p.rate()).mul(pc.div(p.rate())));
    }

    private static Tensor independent(Independent p, Independent q) {
        if (p.reinterpretedBatchNdims() != q.reinterpretedBatchNdims())
            throw new UnsupportedOperationException("KL divergence needs events of the same shape: " + p + " and " + q);
        return Shapes.sumRightmost(KL.divergence(p.base(), q.base()), p.reinterpretedBatchNdims());
    }

    static Tensor normal(Normal p, Normal q) {
        Tensor ratio = p.scale().div(q.scale()).pow(2), shift = p.loc().sub(q.loc()).div(q.scale()).pow(2);
        return ratio.add(shift).sub(1).sub(ratio.log()).mul(0.5);
    }

    static void requireSameSize(Distribution p, Distribution q) {
        if (p.eventShape()[0] != q.eventShape()[0])
            throw new IllegalArgumentException("KL divergence needs vectors of the same size: " + p + " and " + q);
    }

    private static Tensor multivariateNormal(MultivariateNormal p, MultivariateNormal q) {
        requireSameSize(p, q);
        var factors = Aten.broadcastTensors(q.factor(), p.factor());
        Tensor trace = Shapes.squares(Linalg.solveTriangular(factors.get(0), factors.get(1), false));
        Tensor distance = Shapes.mahalanobis(q.factor(), q.loc().sub(p.loc()));
        return Shapes.logDiagonalSum(q.factor()).sub(Shapes.logDiagonalSum(p.factor()))
                .add(trace.add(distance).sub(p.eventShape()[0]).mul(0.5));
    }

    private static Tensor binomial(Binomial p, Binomial q) {
        if (p.totalCount().lt(q.totalCount()).any().itemBoolean())
            throw new UnsupportedOperationException("KL divergence between Binomials needs q.totalCount <= p.totalCount");
        Tensor kl = p.totalCount()
                .mul(p.probs().mul(p.logits().sub(q.logits())).add(p.probs().neg().log1p()).sub(q.probs().neg().log1p()));
        return kl.maskedFill(p.totalCount().gt(q.totalCount()), Double.POSITIVE_INFINITY);
    }

    private static Tensor gumbel(Gumbel p, Gumbel q) {
        Tensor ratio = p.scale().div(q.scale()), qLoc = q.loc().div(q.scale()), pLoc = p.loc().div(q.scale());
        return ratio.log().neg().sub(qLoc).add(pLoc).add(ratio.mul(Shapes.EULER)).add(qLoc.add(ratio.add(1).lgamma()).sub(pLoc).exp())
                .sub(1 + Shapes.EULER);
    }

    private static Tensor laplace(Laplace p, Laplace q) {
        Tensor ratio = p.scale().div(q.scale()), shift = p.loc().sub(q.loc()).abs();
        return ratio.log().neg().add(shift.div(q.scale())).add(ratio.mul(shift.neg().div(p.scale()).exp())).sub(1);
    }

    private static Tensor pareto(Pareto p, Pareto q) {
        Tensor ratio = q.alpha().div(p.alpha());
        return q.alpha().mul(p.scale().div(q.scale()).log()).add(ratio.log().neg()).add(ratio).sub(1)
                .maskedFill(p.scale().lt(q.scale()), Double.POSITIVE_INFINITY);
    }

    private static Tensor transformed(TransformedDistribution p, TransformedDistribution q) {
        if (!ComposeTransform.areSame(p.transforms(), q.transforms()) || !Arrays.equals(p.eventShape(), q.eventShape()))
            throw new UnsupportedOperationException("KL divergence between transformed distributions needs the same transforms and events: "
                    + p.transforms() + " of " + p + " and " + q.transforms() + " of " + q);
        return KL.divergence(p.base(), q.base());
    }

    private static Tensor lowRank(LowRankMultivariateNormal p, LowRankMultivariateNormal q) {
        requireSameSize(p, q);
        Tensor a = q.whitened();
        Tensor trace = p.diagonal().div(q.diagonal()).sum(-1).add(Shapes.squares(p.factor().mul(q.diagonal().rsqrt().unsqueeze(-1))))
                .sub(Shapes.squares(a.mul(p.diagonal().sqrt().unsqueeze(-2)))).sub(Shapes.squares(a.matmul(p.factor())));
        return q.logDeterminant().sub(p.logDeterminant()).add(trace).add(q.squaredDistance(q.loc().sub(p.loc()))).sub(p.eventShape()[0])
                .mul(0.5);
    }

    private static Tensor fullLowRank(MultivariateNormal p, LowRankMultivariateNormal q) {
        requireSameSize(p, q);
        Tensor trace =
                Shapes.squares(p.factor().mul(q.diagonal().rsqrt().unsqueeze(-1))).sub(Shapes.squares(q.whitened().matmul(p.factor())));
        return q.logDeterminant().sub(Shapes.logDiagonalSum(p.factor()).mul(2)).add(trace)
                .add(q.squaredDistance(q.loc().sub(p.loc()))).sub(p.eventShape()[0]).mul(0.5);
    }

    private static Tensor lowRankFull(LowRankMultivariateNormal p, MultivariateNormal q) {
        requireSameSize(p, q);
        Tensor trace = Shapes.squares(Linalg.solveTriangular(q.factor(), p.factor(), false))
                .add(Shapes.squares(Linalg.solveTriangular(q.factor(), p.diagonal().sqrt().diagEmbed(), false)));
        return Shapes.logDiagonalSum(q.factor()).mul(2).sub(p.logDeterminant()).add(trace)
                .add(Shapes.mahalanobis(q.factor(), q.loc().sub(p.loc()))).sub(p.eventShape()[0]).mul(0.5);
    }

    /** The Bregman divergence of the log-normaliser; unlike Python's it is right for batches, too. */
    private static Tensor wishart(Wishart p, Wishart q) {
        requireSameSize(p, q);
        long d = p.eventShape()[0];
        Tensor trace = Shapes.squares(Linalg.solveTriangular(q.factor(), p.factor(), false)), half = p.df().div(2);
        Tensor logDet = p.logNorm().sub(half.mvlgamma(d)).div(half); // log |V| + d log 2
        Tensor expected = Wishart.mvdigamma(half, d).add(logDet);
        return q.logNorm().sub(p.logNorm()).sub(half.mul(trace.rsub(d))).sub(q.df().sub(p.df()).div(2).mul(expected));
    }
}
