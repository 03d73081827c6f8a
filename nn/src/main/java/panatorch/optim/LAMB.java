package panatorch.optim;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * LAMB, layer-wise adaptive rates for large batches: Adam's update {@code u = m̂/(√v̂ + ε) + λw}, then {@code w ← w − η·‖w‖/‖u‖·u} for each
 * parameter tensor (You et al., 2020, arXiv:1904.00962, algorithm 2). The ratio of the norms is 1 where one of them is 0. It is also 1 in
 * groups without weight decay, as is usual for biases and normalisations ({@link WeightDecayGroups}), unless {@code alwaysAdapt} is on.
 *
 * <p>
 * Gradients are not clipped; {@link ClipGrad#norm_(List, double)} with a norm of 1 before each step does what timm does by default. The
 * step is counted for each parameter, while timm counts it for each group.
 */
public final class LAMB extends Optimizer {
    /**
     * Options of {@link LAMB}. Each method returns changed options.
     *
     * @param biasCorrection whether m and v are divided by {@code 1 − βᵗ}
     * @param trustClip whether the ratio is at most 1
     * @param alwaysAdapt whether the ratio is also used without weight decay
     */
    public record Options(double lr, List<Double> betas, double eps, double weightDecay, boolean biasCorrection, boolean trustClip,
            boolean alwaysAdapt, boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("epsilon", eps);
            Require.notNegative("weight decay", weightDecay);
            Require.decays(betas);
        }

        public Options betas(double first, double second) {
            return new Options(lr, List.of(first, second), eps, weightDecay, biasCorrection, trustClip, alwaysAdapt, maximize);
        }
        public Options eps(double value) {
            return new Options(lr, betas, value, weightDecay, biasCorrection, trustClip, alwaysAdapt, maximize);
        }
        public Options weightDecay(double value) {
            return new Options(lr, betas, eps, value, biasCorrection, trustClip, alwaysAdapt, maximize);
        }
        public Options biasCorrection(boolean on) {
            return new Options(lr, betas, eps, weightDecay, on, trustClip, alwaysAdapt, maximize);
        }
        public Options trustClip(boolean on) { return new Options(lr, betas, eps, weightDecay, biasCorrection, on, alwaysAdapt, maximize); }
        public Options alwaysAdapt(boolean on) { return new Options(lr, betas, eps, weightDecay, biasCorrection, trustClip, on, maximize); }
        public Options maximize(boolean on) { return new Options(lr, betas, eps, weightDecay, biasCorrection, trustClip, alwaysAdapt, on); }
    }

    /** Returns options with a learning rate of 0.001. */
    public static Options options() { return options(1e-3); }

    /** Returns options with a learning rate, ε = 1e-6 and weight decay 0.01, as in the paper. */
    public static Options options(double lr) {
        return new Options(lr, List.of(0.9, 0.999), 1e-6, 0.01, true, false, false, false);
    }

    public LAMB(List<Tensor> parameters, Options options) { super(parameters, options); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        double beta1 = o.betas.get(0), beta2 = o.betas.get(1);
        List<Tensor> means = bucket.state("exp_avg", Tensor::zerosLike), squares = bucket.state("exp_avg_sq", Tensor::zerosLike);
        double[] t = bucket.countSteps();
        ParameterBucket.moments(means, squares, bucket.gradients(o.maximize, 0), beta1, beta2);
        List<Tensor> denominators = Aten._foreachSqrt(squares);
        DoubleUnaryOperator first = n -> o.biasCorrection ? 1 - Math.pow(beta1, n) : 1,
                second = n -> o.biasCorrection ? Math.sqrt(1 - Math.pow(beta2, n)) : 1;
        Aten._foreachDiv_ScalarList(denominators, ParameterBucket.map(t, second));
        Aten._foreachAdd_(denominators, o.eps);
        List<Tensor> updates = Aten._foreachDiv(means, denominators), parameters = bucket.parameters();
        Aten._foreachDiv_ScalarList(updates, ParameterBucket.map(t, first));
        if (o.weightDecay != 0) Aten._foreachAdd_(updates, parameters, o.weightDecay);
        if (o.weightDecay != 0 || o.alwaysAdapt) {
            Tensor weights = TrustRatio.norms(parameters), norms = TrustRatio.norms(updates);
            Tensor ratios = TrustRatio.orOne(weights.div(norms), weights, norms);
            TrustRatio.multiply(updates, o.trustClip ? ratios.clampMax(1) : ratios);
        }
        Aten._foreachAdd_(parameters, updates, -o.lr);
    }
}
