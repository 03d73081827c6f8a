package panatorch.optim;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Averaged stochastic gradient descent: {@code w ← (1 − λη)w − ηg; η ← lr/(1 + λ·lr·t)^α}, and the running average of w, the state
 * {@code ax}, from step t0 on (Polyak and Juditsky 1992, Acceleration of stochastic approximation by averaging).
 */
public final class ASGD extends Optimizer {
    /** Options of {@link ASGD}. Each method returns changed options. */
    public record Options(double lr, double lambd, double alpha, double t0, double weightDecay, boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("weight decay", weightDecay);
        }

        public Options lambd(double value) { return new Options(lr, value, alpha, t0, weightDecay, maximize); }
        public Options alpha(double value) { return new Options(lr, lambd, value, t0, weightDecay, maximize); }
        public Options t0(double value) { return new Options(lr, lambd, alpha, value, weightDecay, maximize); }
        public Options weightDecay(double value) { return new Options(lr, lambd, alpha, t0, value, maximize); }
        public Options maximize(boolean on) { return new Options(lr, lambd, alpha, t0, weightDecay, on); }
    }

    /** Returns options with PyTorch's learning rate, 0.01. */
    public static Options options() { return options(1e-2); }

    public static Options options(double lr) { return new Options(lr, 1e-4, 0.75, 1e6, 0, false); }

    public ASGD(List<Tensor> parameters, Options options) { super(parameters, options, PYTHON); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        List<Tensor> averages = bucket.state("ax", Tensor::zerosLike), p = bucket.parameters();
        List<Tensor> etas = bucket.scalars("eta", o.lr, bucket.device()), mus = bucket.scalars("mu", 1, bucket.device());
        double[] t = bucket.countSteps(bucket.device()), eta = ParameterBucket.values(etas);
        List<Tensor> g = bucket.gradients(o.maximize, o.weightDecay);
        Aten._foreachMul_ScalarList(p, ParameterBucket.map(eta, e -> 1 - o.lambd * e));
        Aten._foreachAdd_(p, Aten._foreachMulScalarList(g, ParameterBucket.map(eta, e -> -e)));
        List<Tensor> moved = Aten._foreachSub(p, averages);
        Aten._foreachMul_ScalarList(moved, ParameterBucket.map(ParameterBucket.values(mus), m -> m));
        Aten._foreachAdd_(averages, moved);
        // Python rounds both to float32, also if a loaded state has them in float64.
        ParameterBucket.assign(etas, ParameterBucket.map(t, n -> (float) (o.lr / Math.pow(1 + o.lambd * o.lr * n, o.alpha))));
        ParameterBucket.assign(mus, ParameterBucket.map(t, n -> (float) (1 / Math.max(1, n - o.t0))));
    }
}
