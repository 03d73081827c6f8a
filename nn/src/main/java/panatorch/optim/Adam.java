package panatorch.optim;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Adam: {@code m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − η·m̂/(√v̂ + ε)} with {@code m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)} (Kingma and Ba
 * 2014, arXiv:1412.6980). {@link AdamW} has decoupled weight decay. AMSGrad uses the largest v so far (Reddi et al., 2018,
 * arXiv:1904.09237).
 */
public final class Adam extends Optimizer {
    /**
     * Options of {@link Adam}. Each method returns changed options. {@code fused} does the step in one native call where libtorch supports
     * it; null, PyTorch's default, does not.
     */
    public record Options(double lr, List<Double> betas, double eps, double weightDecay, boolean amsgrad, boolean maximize,
            @Nullable Boolean fused, boolean decoupledWeightDecay) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("epsilon", eps);
            Require.notNegative("weight decay", weightDecay);
            Require.decays(betas);
        }

        public Options betas(double first, double second) {
            return new Options(lr, List.of(first, second), eps, weightDecay, amsgrad, maximize, fused, decoupledWeightDecay);
        }
        public Options eps(double value) {
            return new Options(lr, betas, value, weightDecay, amsgrad, maximize, fused, decoupledWeightDecay);
        }
        public Options weightDecay(double value) {
            return new Options(lr, betas, eps, value, amsgrad, maximize, fused, decoupledWeightDecay);
        }
        public Options amsgrad(boolean on) { return new Options(lr, betas, eps, weightDecay, on, maximize, fused, decoupledWeightDecay); }
        public Options maximize(boolean on) { return new Options(lr, betas, eps, weightDecay, amsgrad, on, fused, decoupledWeightDecay); }
        public Options fused(boolean on) { return new Options(lr, betas, eps, weightDecay, amsgrad, maximize, on, decoupledWeightDecay); }
        public Options decoupledWeightDecay(boolean on) { return new Options(lr, betas, eps, weightDecay, amsgrad, maximize, fused, on); }
    }

    /** Returns options with PyTorch's learning rate, 0.001. */
    public static Options options() { return options(1e-3); }

    public static Options options(double lr) { return new Options(lr, List.of(0.9, 0.999), 1e-8, 0, false, false, null, false); }

    public Adam(List<Tensor> parameters, Options options) { super(parameters, options, PYTHON); }

    @Override protected void update(ParameterBucket bucket) { update(bucket, bucket.options(Options.class)); }

    static void update(ParameterBucket bucket, Options o) {
        double beta1 = o.betas.get(0), beta2 = o.betas.get(1);
        List<Tensor> means = bucket.state("exp_avg", Tensor::zerosLike), squares = bucket.state("exp_avg_sq", Tensor::zerosLike);
        List<Tensor> largest = o.amsgrad ? bucket.state("max_exp_avg_sq", Tensor::zerosLike) : List.of();
        if (Boolean.TRUE.equals(o.fused)) {
            List<Tensor> steps = bucket.steps(bucket.device());
            Aten._foreachAdd_(steps, 1);
            Tensor rate = bucket.rate();
            if (o.decoupledWeightDecay && rate != null)
                Aten._fusedAdamw_(bucket.parameters(), bucket.gradients(), means, squares, largest, steps, rate, beta1, beta2,
                        o.weightDecay, o.eps, o.amsgrad, o.maximize, bucket.gradScale(), bucket.foundInf());
            else
                if (o.decoupledWeightDecay)
                    Aten._fusedAdamw_(bucket.parameters(), bucket.gradients(), means, squares, largest, steps, o.lr, beta1, beta2,
                            o.weightDecay, o.eps, o.amsgrad, o.maximize, bucket.gradScale(), bucket.foundInf());
                else
                    if (rate != null)
                        Aten._fusedAdam_(bucket.parameters(), bucket.gradients(), means, squares, largest, steps, rate, beta1, beta2,
                                o.weightDecay, o.eps, o.amsgrad, o.maximize, bucket.gradScale(), bucket.foundInf());
                    else
                        Aten._fusedAdam_(bucket.parameters(), bucket.gradients(), means, squares, largest, steps, o.lr, beta1, beta2,
                                o.weightDecay, o.eps, o.amsgrad, o.maximize, bucket.gradScale(), bucket.foundInf());
            bucket.takeBack(steps);
            return;
        }
        double[] t = bucket.countSteps();
        List<Tensor> g = bucket.decayed(o.maximize, o.weightDecay, o.decoupledWeightDecay, o.lr);
        ParameterBucket.moments(means, squares, g, beta1, beta2);
        if (o.amsgrad) Aten._foreachMaximum_(largest, squares);
        List<Tensor> denominators = Aten._foreachSqrt(o.amsgrad ? largest : squares);
        Aten._foreachDiv_ScalarList(denominators, ParameterBucket.map(t, n -> Math.sqrt(1 - Math.pow(beta2, n))));
        Aten._foreachAdd_(denominators, o.eps);
        Aten._foreachAddcdiv_ScalarList(bucket.parameters(), means, denominators,
                ParameterBucket.map(t, n -> -o.lr / (1 - Math.pow(beta1, n))));
    }
}
