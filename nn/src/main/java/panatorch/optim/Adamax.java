package panatorch.optim;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Adamax: {@code m ← β₁m + (1−β₁)g; u ← max(β₂u, |g| + ε); w ← w − η/(1−β₁ᵗ)·m/u} (Kingma and Ba 2014, arXiv:1412.6980, section 7.1).
 */
public final class Adamax extends Optimizer {
    /** Options of {@link Adamax}. Each method returns changed options. */
    public record Options(double lr, List<Double> betas, double eps, double weightDecay, boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("epsilon", eps);
            Require.notNegative("weight decay", weightDecay);
            Require.decays(betas);
        }

        public Options betas(double first, double second) { return new Options(lr, List.of(first, second), eps, weightDecay, maximize); }
        public Options eps(double value) { return new Options(lr, betas, value, weightDecay, maximize); }
        public Options weightDecay(double value) { return new Options(lr, betas, eps, value, maximize); }
        public Options maximize(boolean on) { return new Options(lr, betas, eps, weightDecay, on); }
    }

    /** Returns options with PyTorch's learning rate, 0.002. */
    public static Options options() { return options(2e-3); }

    public static Options options(double lr) { return new Options(lr, List.of(0.9, 0.999), 1e-8, 0, false); }

    public Adamax(List<Tensor> parameters, Options options) { super(parameters, options, PYTHON); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        double beta1 = o.betas.get(0), beta2 = o.betas.get(1);
        List<Tensor> means = bucket.state("exp_avg", Tensor::zerosLike), norms = bucket.state("exp_inf", Tensor::zerosLike);
        List<Tensor> g = bucket.gradients(o.maximize, o.weightDecay), sizes = Aten._foreachAbs(g);
        Aten._foreachLerp_(means, g, 1 - beta1);
        Aten._foreachMul_(norms, beta2);
        Aten._foreachAdd_(sizes, o.eps);
        Aten._foreachMaximum_(norms, sizes);
        Aten._foreachAddcdiv_ScalarList(bucket.parameters(), means, norms,
                ParameterBucket.map(bucket.countSteps(), t -> -o.lr / (1 - Math.pow(beta1, t))));
    }
}
