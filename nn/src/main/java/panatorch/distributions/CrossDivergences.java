package panatorch.distributions;

import java.util.List;
import java.util.function.Function;
import panatorch.Tensor;

/** Kullback-Leibler divergences of distributions of different kinds. */
final class CrossDivergences {
    private CrossDivergences() {}

    private static final double INFINITY = Double.POSITIVE_INFINITY;

    static void register() {
        KL.register(Bernoulli.class, Poisson.class, (p, q) -> p.computeEntropy().neg().sub(p.probs().mul(q.rate().log()).sub(q.rate())));
        KL.register(Beta.class, ContinuousBernoulli.class, (p, q) -> continuousBernoulli(p, q));
        KL.register(Beta.class, Exponential.class,
                (p, q) -> p.computeEntropy().neg().sub(q.rate().log()).add(q.rate().mul(p.computeMean())));
        KL.register(Beta.class, Gamma.class, CrossDivergences::betaGamma);
        KL.register(Beta.class, Normal.class, CrossDivergences::betaNormal);
        KL.register(Beta.class, Uniform.class, (p, q) -> p.computeEntropy().neg().add(q.high().sub(q.low()).log())
                .maskedFill(q.low().gt(0).logicalOr(q.high().lt(1)), INFINITY));
        KL.register(ContinuousBernoulli.class, Exponential.class,
                (p, q) -> p.computeEntropy().neg().sub(q.rate().log()).add(q.rate().mul(p.computeMean())));
        KL.register(ContinuousBernoulli.class, Normal.class, CrossDivergences::continuousBernoulliNormal);
        KL.register(ContinuousBernoulli.class, Uniform.class, (p, q) -> p.computeEntropy().neg().add(q.high().sub(q.low()).log())
                .maskedFill(q.low().ge(0).logicalOr(q.high().le(1)), INFINITY));
        KL.register(Exponential.class, Gamma.class, CrossDivergences::exponentialGamma);
        KL.register(Exponential.class, Gumbel.class, CrossDivergences::exponentialGumbel);
        KL.register(Exponential.class, Normal.class, CrossDivergences::exponentialNormal);
        KL.register(Gamma.class, Exponential.class, (p, q) -> p.computeEntropy().neg().sub(q.rate().log())
                .add(q.rate().mul(p.concentration()).div(p.rate())));
        KL.register(Gamma.class, Gumbel.class, CrossDivergences::gammaGumbel);
        KL.register(Gamma.class, Normal.class, CrossDivergences::gammaNormal);
        KL.register(Gumbel.class, Normal.class, CrossDivergences::gumbelNormal);
        KL.register(Laplace.class, Normal.class, CrossDivergences::laplaceNormal);
        KL.register(Normal.class, Gumbel.class, CrossDivergences::normalGumbel);
        KL.register(Normal.class, Laplace.class, CrossDivergences::normalLaplace);
        KL.register(Pareto.class, Exponential.class, CrossDivergences::paretoExponential);
        KL.register(Pareto.class, Gamma.class, CrossDivergences::paretoGamma);
        KL.register(Pareto.class, Normal.class, CrossDivergences::paretoNormal);
        KL.register(Uniform.class, Beta.class, CrossDivergences::uniformBeta);
        KL.register(Uniform.class, ContinuousBernoulli.class, (p, q) -> continuousBernoulli(p, q)
                .maskedFill(p.high().ge(1).logicalOr(p.low().le(0)), INFINITY));
        KL.register(Uniform.class, Exponential.class, (p, q) -> q.rate().mul(p.high().add(p.low())).div(2)
                .sub(p.high().sub(p.low()).mul(q.rate()).log()).maskedFill(p.low().lt(0), INFINITY));
        KL.register(Uniform.class, Gamma.class, CrossDivergences::uniformGamma);
        KL.register(Uniform.class, Gumbel.class, CrossDivergences::uniformGumbel);
        KL.register(Uniform.class, Normal.class, CrossDivergences::uniformNormal);
        KL.register(Uniform.class, Pareto.class, CrossDivergences::uniformPareto);
        registerInfinite();
    }

    /** Pairs of which p has values that are impossible for q. */
    private static void registerInfinite() {
        infinite(Beta.class, Beta::concentration1, List.of(Pareto.class));
        infinite(ContinuousBernoulli.class, ContinuousBernoulli::probs, List.of(Pareto.class));
        infinite(Exponential.class, Exponential::rate, List.of(Beta.class, ContinuousBernoulli.class, Pareto.class, Uniform.class));
        infinite(Gamma.class, Gamma::concentration, List.of(Beta.class, ContinuousBernoulli.class, Pareto.class, Uniform.class));
        var bounded = List.of(Beta.class, ContinuousBernoulli.class, Exponential.class, Gamma.class, Pareto.class, Uniform.class);
        infinite(Gumbel.class, Gumbel::loc, bounded);
        infinite(Laplace.class, Laplace::loc, bounded);
        infinite(Normal.class, Normal::loc, bounded);
        infinite(Pareto.class, Pareto::scale, List.of(Beta.class, ContinuousBernoulli.class, Uniform.class));
        infinite(Poisson.class, Poisson::rate, List.of(Bernoulli.class, Binomial.class));
    }

    private static <P extends Distribution> void infinite(Class<P> p, Function<P, Tensor> like,
            List<? extends Class<? extends Distribution>> from) {
        for (var q : from) KL.register(p, q, (a, b) -> like.apply(a).detach().fullLike(INFINITY));
    }

    private static Tensor xLogX(Tensor x) { return x.xlogy(x); }

    private static Tensor continuousBernoulli(Distribution p, ContinuousBernoulli q) {
        return p.computeEntropy().neg().sub(p.computeMean().mul(q.logits())).sub(q.probs().neg().log1p()).sub(q.logNorm());
    }

    private static Tensor betaGamma(Beta p, Gamma q) {
        Tensor a = p.concentration1(), total = a.add(p.concentration0());
        Tensor norm = q.concentration().lgamma().sub(q.concentration().mul(q.rate().log()));
        return p.computeEntropy().neg().add(norm).sub(q.concentration().sub(1).mul(a.digamma().sub(total.digamma())))
                .add(q.rate().mul(a).div(total));
    }

    private static Tensor betaNormal(Beta p, Normal q) {
        Tensor mean = p.computeMean(), variance = q.scale().pow(2), total = p.concentration1().add(p.concentration0());
        Tensor square = mean.mul(mean.rsub(1)).div(total.add(1)).add(mean.pow(2)).mul(0.5);
        return p.computeEntropy().neg().add(variance.mul(2 * Math.PI).log().mul(0.5))
                .add(square.sub(q.loc().mul(mean)).add(q.loc().pow(2).mul(0.5)).div(variance));
    }

    private static Tensor continuousBernoulliNormal(ContinuousBernoulli p, Normal q) {
        Tensor mean = p.computeMean(), norm = q.loc().div(q.scale()).square().add(Math.log(2 * Math.PI)).mul(0.5).add(q.scale().log());
        Tensor square = p.computeVariance().add(mean.square()).sub(q.loc().mul(mean).mul(2)).div(q.scale().square().mul(2));
        return p.computeEntropy().neg().add(norm).add(square);
    }

    private static Tensor exponentialGamma(Exponential p, Gamma q) {
        Tensor ratio = q.rate().div(p.rate()), a = q.concentration();
        return a.neg().mul(ratio.log()).add(ratio).add(a.lgamma()).add(a.mul(Shapes.EULER)).sub(1 + Shapes.EULER);
    }

    private static Tensor exponentialGumbel(Exponential p, Gumbel q) {
        Tensor product = p.rate().mul(q.scale()), ratio = q.loc().div(q.scale());
        return product.log().sub(1).sub(ratio).add(ratio.exp().mul(product).div(product.add(1))).add(product.reciprocal());
    }

    private static Tensor exponentialNormal(Exponential p, Normal q) {
        Tensor variance = q.scale().pow(2), square = p.rate().pow(2);
        Tensor distance = square.reciprocal().sub(q.loc().div(p.rate())).add(q.loc().pow(2).mul(0.5));
        return square.mul(variance).mul(2 * Math.PI).log().mul(0.5).sub(1).add(distance.div(variance));
    }

    private static Tensor gammaGumbel(Gamma p, Gumbel q) {
        Tensor a = p.concentration(), product = p.rate().mul(q.scale()), ratio = q.loc().div(q.scale());
        Tensor own = a.sub(1).mul(a.digamma()).sub(a.lgamma()).sub(a);
        return own.add(product.log().add(a.div(product))).add(ratio.exp().mul(product.reciprocal().add(1).pow(a.neg())).sub(ratio));
    }

    private static Tensor gammaNormal(Gamma p, Normal q) {
        Tensor a = p.concentration(), variance = q.scale().pow(2), square = p.rate().pow(2);
        Tensor own = square.mul(variance).mul(2 * Math.PI).log().mul(0.5).sub(a).sub(a.lgamma());
        Tensor distance = a.pow(2).add(a).mul(0.5).div(square).sub(q.loc().mul(a).div(p.rate())).add(q.loc().pow(2).mul(0.5));
        return own.add(a.sub(1).mul(a.digamma())).add(distance.div(variance));
    }

    private static Tensor gumbelNormal(Gumbel p, Normal q) {
        Tensor ratio = p.scale().div(q.scale());
        Tensor shift = p.loc().add(p.scale().mul(Shapes.EULER)).sub(q.loc()).div(q.scale()).pow(2).mul(0.5);
        return ratio.div(Math.sqrt(2 * Math.PI)).log().neg().add(ratio.mul(Math.PI * 0.5).pow(2).div(3)).add(shift).sub(Shapes.EULER + 1);
    }

    private static Tensor laplaceNormal(Laplace p, Normal q) {
        Tensor variance = q.scale().pow(2), ratio = p.scale().pow(2).div(variance);
        Tensor distance = p.loc().pow(2).mul(0.5).sub(p.loc().mul(q.loc())).add(q.loc().pow(2).mul(0.5));
        return ratio.mul(2).div(Math.PI).log().mul(0.5).neg().add(ratio).add(distance.div(variance)).sub(1);
    }

    private static Tensor normalGumbel(Normal p, Gumbel q) {
        Tensor mean = p.loc().div(q.scale()), variance = p.scale().div(q.scale()).pow(2), loc = q.loc().div(q.scale());
        return variance.log().mul(0.5).neg().add(mean.sub(loc)).add(mean.neg().add(variance.mul(0.5)).add(loc).exp())
                .sub(0.5 * (1 + Math.log(2 * Math.PI)));
    }

    private static Tensor normalLaplace(Normal p, Laplace q) {
        Tensor shift = p.loc().sub(q.loc()), relative = shift.div(p.scale());
        Tensor density = p.scale().mul(Math.sqrt(2 / Math.PI)).mul(relative.pow(2).mul(-0.5).exp());
        return p.scale().div(q.scale()).log().neg().add(density.add(shift.mul(relative.mul(Math.sqrt(0.5)).erf())).div(q.scale()))
                .sub(0.5 * (1 + Math.log(0.5 * Math.PI)));
    }

    private static Tensor paretoExponential(Pareto p, Exponential q) {
        Tensor product = p.scale().mul(q.rate());
        return p.alpha().div(product).log().sub(p.alpha().reciprocal()).add(p.alpha().mul(product).div(p.alpha().sub(1))).sub(1)
                .maskedFill(p.alpha().le(1), INFINITY);
    }

    private static Tensor paretoGamma(Pareto p, Gamma q) {
        Tensor common = p.scale().log().add(p.alpha().reciprocal());
        return p.alpha().log().sub(common).add(q.concentration().lgamma().sub(q.concentration().mul(q.rate().log())))
                .add(q.concentration().rsub(1).mul(common)).add(q.rate().mul(p.alpha()).mul(p.scale()).div(p.alpha().sub(1))).sub(1)
                .maskedFill(p.alpha().le(1), INFINITY);
    }

    private static Tensor paretoNormal(Pareto p, Normal q) {
        Tensor a = p.alpha(), common = p.scale().div(a.sub(1));
        Tensor distance = a.mul(common.pow(2)).div(a.sub(2)).add(a.mul(common).sub(q.loc()).pow(2));
        return q.scale().mul(Math.sqrt(2 * Math.PI)).mul(a).div(p.scale()).log().sub(a.reciprocal())
                .add(distance.div(q.scale().pow(2).mul(2))).sub(1).maskedFill(a.le(2), INFINITY);
    }

    private static Tensor uniformBeta(Uniform p, Beta q) {
        Tensor width = p.high().sub(p.low()), a = q.concentration1(), b = q.concentration0();
        Tensor log = a.sub(1).mul(xLogX(p.high()).sub(xLogX(p.low())).sub(width)).div(width);
        Tensor log1 = b.sub(1).mul(xLogX(p.high().rsub(1)).sub(xLogX(p.low().rsub(1))).add(width)).div(width);
        Tensor norm = a.lgamma().add(b.lgamma()).sub(a.add(b).lgamma());
        return log1.add(norm).sub(width.log()).sub(log).maskedFill(p.high().gt(1).logicalOr(p.low().lt(0)), INFINITY);
    }

    private static Tensor uniformGamma(Uniform p, Gamma q) {
        Tensor width = p.high().sub(p.low());
        Tensor log = q.concentration().rsub(1).mul(xLogX(p.high()).sub(xLogX(p.low())).sub(width)).div(width);
        return width.log().neg().add(q.concentration().lgamma().sub(q.concentration().mul(q.rate().log()))).add(log)
                .add(q.rate().mul(p.high().add(p.low())).div(2)).maskedFill(p.low().lt(0), INFINITY);
    }

    private static Tensor uniformGumbel(Uniform p, Gumbel q) {
        Tensor common = q.scale().div(p.high().sub(p.low()));
        Tensor high = p.high().sub(q.loc()).div(q.scale()), low = p.low().sub(q.loc()).div(q.scale());
        return common.log().add(high.add(low).mul(0.5)).sub(common.mul(high.neg().exp().sub(low.neg().exp())));
    }

    private static Tensor uniformNormal(Uniform p, Normal q) {
        Tensor width = p.high().sub(p.low()), shift = p.high().add(p.low()).sub(q.loc().mul(2)).div(2).pow(2);
        return q.scale().mul(Math.sqrt(2 * Math.PI)).div(width).log().add(width.pow(2).div(12).add(shift).mul(0.5).div(q.scale().pow(2)));
    }

    private static Tensor uniformPareto(Uniform p, Pareto q) {
        Tensor width = p.high().sub(p.low());
        Tensor norm = q.alpha().mul(q.scale().pow(q.alpha())).mul(width).log();
        Tensor log = xLogX(p.high()).sub(xLogX(p.low())).sub(width).div(width);
        return log.mul(q.alpha().add(1)).sub(norm).maskedFill(p.low().lt(q.scale()), INFINITY);
    }
}
