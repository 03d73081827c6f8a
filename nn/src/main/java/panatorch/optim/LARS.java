package panatorch.optim;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * LARS, layer-wise adaptive rates for large batches: {@link SGD} on {@code g·r} instead of g, with
 * {@code r = c·‖w‖/(‖∇‖ + λ‖w‖ + ε), g = ∇ + λw} for each parameter tensor (You, Gitman and Ginsburg 2017, arXiv:1708.03888). The ratio r
 * is 1 where a norm is 0. It is also 1 in groups without weight decay, as is usual for biases and normalisations
 * ({@link WeightDecayGroups}), unless {@code alwaysAdapt} is on.
 *
 * <p>
 * The learning rate multiplies the momentum, as in {@link SGD}; in the paper it multiplies the gradient. The two differ while the rate
 * changes.
 */
public final class LARS extends Optimizer {
    /**
     * Options of {@link LARS}. Each method returns changed options.
     *
     * @param trustCoeff c, the size of a step relative to the norm of the weights
     * @param trustClip whether the rate of a parameter tensor, {@code η·r}, is at most η, as {@code r ← min(r/η, 1)}
     * @param alwaysAdapt whether the ratio is also used without weight decay
     */
    public record Options(double lr, double momentum, double dampening, double weightDecay, boolean nesterov, double trustCoeff, double eps,
            boolean trustClip, boolean alwaysAdapt, boolean maximize) implements Require.Consistent {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("momentum", momentum);
            Require.notNegative("weight decay", weightDecay);
            Require.notNegative("epsilon", eps);
        }

        /**
         * Checks the options, when the optimiser is created.
         *
         * @throws IllegalArgumentException if Nesterov's momentum is on without momentum, or with dampening
         */
        @Override public void check() { sgd().check(); }

        private SGD.Options sgd() { return new SGD.Options(lr, momentum, dampening, 0, nesterov, false, null); }

        public Options momentum(double value) {
            return new Options(lr, value, dampening, weightDecay, nesterov, trustCoeff, eps, trustClip, alwaysAdapt, maximize);
        }
        public Options dampening(double value) {
            return new Options(lr, momentum, value, weightDecay, nesterov, trustCoeff, eps, trustClip, alwaysAdapt, maximize);
        }
        public Options weightDecay(double value) {
            return new Options(lr, momentum, dampening, value, nesterov, trustCoeff, eps, trustClip, alwaysAdapt, maximize);
        }
        public Options nesterov(boolean on) {
            return new Options(lr, momentum, dampening, weightDecay, on, trustCoeff, eps, trustClip, alwaysAdapt, maximize);
        }
        public Options trustCoeff(double value) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, value, eps, trustClip, alwaysAdapt, maximize);
        }
        public Options eps(double value) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, trustCoeff, value, trustClip, alwaysAdapt, maximize);
        }
        public Options trustClip(boolean on) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, trustCoeff, eps, on, alwaysAdapt, maximize);
        }
        public Options alwaysAdapt(boolean on) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, trustCoeff, eps, trustClip, on, maximize);
        }
        public Options maximize(boolean on) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, trustCoeff, eps, trustClip, alwaysAdapt, on);
        }
    }

    /** Returns options with a learning rate of 1. */
    public static Options options() { return options(1); }

    /** Returns options with a learning rate, a trust coefficient of 0.001, and neither momentum nor weight decay. */
    public static Options options(double lr) {
        return new Options(lr, 0, 0, 0, false, 1e-3, 1e-8, false, false, false);
    }

    public LARS(List<Tensor> parameters, Options options) { super(parameters, options); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        // Momentum begins with the gradient, so parameters that take their first step are handled by themselves.
        ParameterBucket later = o.momentum == 0 ? bucket : bucket.where(SGD.MOMENTUM, true), first = bucket.where(SGD.MOMENTUM, false);
        if (o.momentum != 0 && first.size() > 0) SGD.descend(first, directions(first, o), o.sgd(), true);
        if (later.size() > 0) SGD.descend(later, directions(later, o), o.sgd(), o.momentum == 0);
    }

    private static List<Tensor> directions(ParameterBucket bucket, Options o) {
        if (o.weightDecay == 0 && !o.alwaysAdapt) return bucket.gradients(o.maximize, 0);
        Tensor weights = TrustRatio.norms(bucket.parameters()), gradients = TrustRatio.norms(bucket.gradients());
        Tensor ratios = weights.mul(o.trustCoeff).div(gradients.add(weights, o.weightDecay).add(o.eps));
        ratios = TrustRatio.orOne(ratios, weights, gradients);
        if (o.trustClip) ratios = ratios.div(o.lr).clampMax(1);
        List<Tensor> g = Aten._foreachAdd(bucket.gradients(o.maximize, 0), bucket.parameters(), o.weightDecay);
        TrustRatio.multiply(g, ratios);
        return g;
    }
}
