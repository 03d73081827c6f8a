package panatorch.optim;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Rectified Adam: Adam whose adaptive learning rate waits until its variance is tractable (Liu et al., 2019, arXiv:1908.03265). With
 * {@code ρ∞ = 2/(1−β₂) − 1, ρ = ρ∞ − 2tβ₂ᵗ/(1−β₂ᵗ)}: if ρ > 5, {@code w ← w − η·r·m̂·√(1−β₂ᵗ)/(√v + ε)} with
 * {@code r² = (ρ−4)(ρ−2)ρ∞/((ρ∞−4)(ρ∞−2)ρ)}, otherwise {@code w ← w − ηm̂}.
 */
public final class RAdam extends Optimizer {
    /** Options of {@link RAdam}. Each method returns changed options. */
    public record Options(double lr, List<Double> betas, double eps, double weightDecay, boolean decoupledWeightDecay, boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("epsilon", eps);
            Require.notNegative("weight decay", weightDecay);
            Require.decays(betas);
        }

        public Options betas(double first, double second) {
            return new Options(lr, List.of(first, second), eps, weightDecay, decoupledWeightDecay, maximize);
        }
        public Options eps(double value) { return new Options(lr, betas, value, weightDecay, decoupledWeightDecay, maximize); }
        public Options weightDecay(double value) { return new Options(lr, betas, eps, value, decoupledWeightDecay, maximize); }
        public Options decoupledWeightDecay(boolean on) { return new Options(lr, betas, eps, weightDecay, on, maximize); }
        public Options maximize(boolean on) { return new Options(lr, betas, eps, weightDecay, decoupledWeightDecay, on); }
    }

    /** Returns options with PyTorch's learning rate, 0.001. */
    public static Options options() { return options(1e-3); }

    public static Options options(double lr) { return new Options(lr, List.of(0.9, 0.999), 1e-8, 0, false, false); }

    public RAdam(List<Tensor> parameters, Options options) { super(parameters, options, PYTHON); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        double beta1 = o.betas.get(0), beta2 = o.betas.get(1);
        List<Tensor> means = bucket.state("exp_avg", Tensor::zerosLike), squares = bucket.state("exp_avg_sq", Tensor::zerosLike);
        double[] t = bucket.countSteps();
        List<Tensor> g = bucket.decayed(o.maximize, o.weightDecay, o.decoupledWeightDecay, o.lr);
        ParameterBucket.moments(means, squares, g, beta1, beta2);
        List<Tensor> rates = Aten._foreachSqrt(squares);
        Aten._foreachAdd_(rates, o.eps);
        Aten._foreachReciprocal_(rates);
        Aten._foreachMul_ScalarList(rates, ParameterBucket.map(t, n -> o.lr / (1 - Math.pow(beta1, n)) * rectification(n, beta2)));
        // As long as the variance is not tractable, the rate is that of plain momentum.
        Aten._foreachAdd_ScalarList(rates, ParameterBucket.map(t, n -> rectification(n, beta2) == 0 ? o.lr / (1 - Math.pow(beta1, n)) : 0));
        Aten._foreachAddcmul_(bucket.parameters(), means, rates, -1);
    }

    /** Returns r·√(1−β₂ᵗ), or 0. */
    private static double rectification(double t, double beta2) {
        double power = Math.pow(beta2, t), end = 2 / (1 - beta2) - 1, rho = end - 2 * t * power / (1 - power);
        return rho > 5 ? Math.sqrt((rho - 4) * (rho - 2) * end / ((end - 4) * (end - 2) * rho) * (1 - power)) : 0;
    }
}
