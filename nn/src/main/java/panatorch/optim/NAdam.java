package panatorch.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import panatorch.Aten;
import panatorch.Device;
import panatorch.Tensor;

/**
 * NAdam, Adam with Nesterov's momentum: {@code μₜ = β₁(1 − 0.96^(tψ)/2); w ← w − η/(√v̂ + ε)·((1−μₜ)g/(1−∏μ) + μₜ₊₁m/(1−μₜ₊₁∏μ))} (Dozat
 * 2016, Incorporating Nesterov Momentum into Adam).
 */
public final class NAdam extends Optimizer {
    /** Options of {@link NAdam}. Each method returns changed options. */
    public record Options(double lr, List<Double> betas, double eps, double weightDecay, double momentumDecay, boolean decoupledWeightDecay,
            boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("epsilon", eps);
            Require.notNegative("weight decay", weightDecay);
            Require.notNegative("momentum decay", momentumDecay);
            Require.decays(betas);
        }

        public Options betas(double first, double second) {
            return new Options(lr, List.of(first, second), eps, weightDecay, momentumDecay, decoupledWeightDecay, maximize);
        }
        public Options eps(double value) {
            return new Options(lr, betas, value, weightDecay, momentumDecay, decoupledWeightDecay, maximize);
        }
        public Options weightDecay(double value) {
            return new Options(lr, betas, eps, value, momentumDecay, decoupledWeightDecay, maximize);
        }
        public Options momentumDecay(double value) {
            return new Options(lr, betas, eps, weightDecay, value, decoupledWeightDecay, maximize);
        }
        public Options decoupledWeightDecay(boolean on) { return new Options(lr, betas, eps, weightDecay, momentumDecay, on, maximize); }
        public Options maximize(boolean on) { return new Options(lr, betas, eps, weightDecay, momentumDecay, decoupledWeightDecay, on); }
    }

    /** Returns options with PyTorch's learning rate, 0.002. */
    public static Options options() { return options(2e-3); }

    public static Options options(double lr) { return new Options(lr, List.of(0.9, 0.999), 1e-8, 0, 4e-3, false, false); }

    public NAdam(List<Tensor> parameters, Options options) { super(parameters, options, PYTHON); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        double beta1 = o.betas.get(0), beta2 = o.betas.get(1);
        List<Tensor> means = bucket.state("exp_avg", Tensor::zerosLike), squares = bucket.state("exp_avg_sq", Tensor::zerosLike);
        List<Tensor> products = bucket.scalars("mu_product", 1, Device.CPU);
        double[] t = bucket.countSteps();
        DoubleUnaryOperator mu = n -> beta1 * (1 - 0.5 * Math.pow(0.96, n * o.momentumDecay));
        Aten._foreachMul_ScalarList(products, ParameterBucket.map(t, mu));
        double[] product = ParameterBucket.values(products);
        List<Tensor> g = bucket.decayed(o.maximize, o.weightDecay, o.decoupledWeightDecay, o.lr);
        ParameterBucket.moments(means, squares, g, beta1, beta2);
        List<Tensor> denominators = Aten._foreachSqrt(squares);
        Aten._foreachDiv_ScalarList(denominators, ParameterBucket.map(t, n -> Math.sqrt(1 - Math.pow(beta2, n))));
        Aten._foreachAdd_(denominators, o.eps);
        var gradientFactors = new ArrayList<Double>();
        var meanFactors = new ArrayList<Double>();
        for (int i = 0; i < t.length; i++) {
            double next = mu.applyAsDouble(t[i] + 1);
            gradientFactors.add(-o.lr * (1 - mu.applyAsDouble(t[i])) / (1 - product[i]));
            meanFactors.add(-o.lr * next / (1 - product[i] * next));
        }
        Aten._foreachAddcdiv_ScalarList(bucket.parameters(), g, denominators, gradientFactors);
        Aten._foreachAddcdiv_ScalarList(bucket.parameters(), means, denominators, meanFactors);
    }
}
