package panatorch.optim;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Lion: {@code w ← (1 − ηλ)w − η·sign(β₁m + (1−β₁)g); m ← β₂m + (1−β₂)g} (Chen et al., 2023, arXiv:2302.06675). All weights move by the
 * same amount, so the learning rate is 3 to 10 times smaller than AdamW's, and the weight decay as many times larger. Keeps one tensor for
 * each parameter.
 */
public final class Lion extends Optimizer {
    /** Options of {@link Lion}. Each method returns changed options. */
    public record Options(double lr, List<Double> betas, double weightDecay, boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("weight decay", weightDecay);
            Require.decays(betas);
        }

        public Options betas(double first, double second) { return new Options(lr, List.of(first, second), weightDecay, maximize); }
        public Options weightDecay(double value) { return new Options(lr, betas, value, maximize); }
        public Options maximize(boolean on) { return new Options(lr, betas, weightDecay, on); }
    }

    /** Returns options with the paper's learning rate, 0.0001. */
    public static Options options() { return options(1e-4); }

    /** Returns options with a learning rate, β = (0.9, 0.99) and no weight decay. */
    public static Options options(double lr) {
        return new Options(lr, List.of(0.9, 0.99), 0, false);
    }

    public Lion(List<Tensor> parameters, Options options) { super(parameters, options, FOREACH); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        double beta1 = o.betas.get(0), beta2 = o.betas.get(1);
        List<Tensor> means = bucket.state("exp_avg", Tensor::zerosLike), g = bucket.gradients(o.maximize, 0);
        List<Tensor> directions = Aten._foreachMul(means, beta1);
        Aten._foreachAdd_(directions, g, 1 - beta1);
        Aten._foreachSign_(directions);
        if (o.weightDecay != 0) Aten._foreachMul_(bucket.parameters(), 1 - o.lr * o.weightDecay);
        Aten._foreachAdd_(bucket.parameters(), directions, -o.lr);
        Aten._foreachMul_(means, beta2);
        Aten._foreachAdd_(means, g, 1 - beta2);
    }
}
