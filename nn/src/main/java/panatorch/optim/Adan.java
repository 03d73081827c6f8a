package panatorch.optim;

import java.util.List;
import java.util.Objects;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Adan, adaptive Nesterov momentum: {@code m ← β₁m + (1−β₁)g; d ← β₂d + (1−β₂)(g − g₋); n ← β₃n + (1−β₃)(g + β₂(g − g₋))²}, where g₋ is the
 * previous gradient; then {@code w ← (w − η(m̂ + β₂d̂)/(√n̂ + ε))/(1 + ηλ)}, with m̂, d̂ and n̂ divided by {@code 1 − βᵗ} (Xie et al.,
 * 2022, arXiv:2208.06677, algorithm 1, whose β are one minus these). Takes larger learning rates than Adam. Keeps four tensors for each
 * parameter. The step is counted for each parameter, while timm counts it for each group.
 */
public final class Adan extends Optimizer {
    /**
     * Options of {@link Adan}. Each method returns changed options.
     *
     * @param noProx whether weights decay as AdamW's, {@code w ← (1 − ηλ)w} before the update, instead of being divided by {@code 1 + ηλ}
     */
    public record Options(double lr, List<Double> betas, double eps, double weightDecay, boolean noProx, boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("epsilon", eps);
            Require.notNegative("weight decay", weightDecay);
            Require.decays(betas, 3);
        }

        public Options betas(double first, double second, double third) {
            return new Options(lr, List.of(first, second, third), eps, weightDecay, noProx, maximize);
        }
        public Options eps(double value) { return new Options(lr, betas, value, weightDecay, noProx, maximize); }
        public Options weightDecay(double value) { return new Options(lr, betas, eps, value, noProx, maximize); }
        public Options noProx(boolean on) { return new Options(lr, betas, eps, weightDecay, on, maximize); }
        public Options maximize(boolean on) { return new Options(lr, betas, eps, weightDecay, noProx, on); }
    }

    /** Returns options with the paper's learning rate, 0.001. */
    public static Options options() { return options(1e-3); }

    /** Returns options with a learning rate, β = (0.98, 0.92, 0.99) and no weight decay. */
    public static Options options(double lr) {
        return new Options(lr, List.of(0.98, 0.92, 0.99), 1e-8, 0, false, false);
    }

    public Adan(List<Tensor> parameters, Options options) { super(parameters, options, FOREACH); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        double beta1 = o.betas.get(0), beta2 = o.betas.get(1), beta3 = o.betas.get(2);
        List<Tensor> means = bucket.state("exp_avg", Tensor::zerosLike), squares = bucket.state("exp_avg_sq", Tensor::zerosLike),
                differences = bucket.state("exp_avg_diff", Tensor::zerosLike);
        List<Tensor> previous = bucket.state("neg_pre_grad", p -> Objects.requireNonNull(p.grad()).mul(o.maximize ? 1 : -1));
        double[] t = bucket.countSteps();
        List<Tensor> g = bucket.gradients(o.maximize, 0), parameters = bucket.parameters();
        List<Tensor> change = Aten._foreachAdd(previous, g);
        Aten._foreachCopy_(previous, Aten._foreachNeg(g));
        Aten._foreachLerp_(means, g, 1 - beta1);
        Aten._foreachLerp_(differences, change, 1 - beta2);
        Aten._foreachMul_(change, beta2);
        Aten._foreachAdd_(change, g);
        Aten._foreachMul_(squares, beta3);
        Aten._foreachAddcmul_(squares, change, change, 1 - beta3);
        List<Tensor> denominators = Aten._foreachSqrt(squares);
        Aten._foreachDiv_ScalarList(denominators, ParameterBucket.map(t, n -> Math.sqrt(1 - Math.pow(beta3, n))));
        Aten._foreachAdd_(denominators, o.eps);
        if (o.noProx && o.weightDecay != 0) Aten._foreachMul_(parameters, 1 - o.lr * o.weightDecay);
        Aten._foreachAddcdiv_ScalarList(parameters, means, denominators,
                ParameterBucket.map(t, n -> -o.lr / (1 - Math.pow(beta1, n))));
        Aten._foreachAddcdiv_ScalarList(parameters, differences, denominators,
                ParameterBucket.map(t, n -> -o.lr * beta2 / (1 - Math.pow(beta2, n))));
        if (!o.noProx && o.weightDecay != 0) Aten._foreachDiv_(parameters, 1 + o.lr * o.weightDecay);
    }
}
