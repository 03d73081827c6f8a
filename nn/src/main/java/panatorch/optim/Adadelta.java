package panatorch.optim;

import java.util.List;
import panatorch.Aten;
import panatorch.Device;
import panatorch.Tensor;

/** Adadelta: {@code v ← ρv + (1−ρ)g²; δ ← g√(u + ε)/√(v + ε); u ← ρu + (1−ρ)δ²; w ← w − ηδ} (Zeiler 2012, arXiv:1212.5701). */
public final class Adadelta extends Optimizer {
    /** Options of {@link Adadelta}. Each method returns changed options. */
    public record Options(double lr, double rho, double eps, double weightDecay, boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("epsilon", eps);
            Require.notNegative("weight decay", weightDecay);
            if (!(rho >= 0 && rho <= 1)) throw new IllegalArgumentException("rho has to be between 0 and 1, not " + rho);
        }

        public Options rho(double value) { return new Options(lr, value, eps, weightDecay, maximize); }
        public Options eps(double value) { return new Options(lr, rho, value, weightDecay, maximize); }
        public Options weightDecay(double value) { return new Options(lr, rho, eps, value, maximize); }
        public Options maximize(boolean on) { return new Options(lr, rho, eps, weightDecay, on); }
    }

    /** Returns options with PyTorch's learning rate, 1. */
    public static Options options() { return options(1); }

    /** Returns options with a learning rate. The paper has none, which is a rate of 1. */
    public static Options options(double lr) {
        return new Options(lr, 0.9, 1e-6, 0, false);
    }

    public Adadelta(List<Tensor> parameters, Options options) { super(parameters, options, PYTHON); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        List<Tensor> squares = bucket.state("square_avg", Tensor::zerosLike), updates = bucket.state("acc_delta", Tensor::zerosLike);
        List<Tensor> g = bucket.gradients(o.maximize, o.weightDecay);
        Aten._foreachAdd_(bucket.steps(Device.CPU), 1);
        Aten._foreachMul_(squares, o.rho);
        Aten._foreachAddcmul_(squares, g, g, 1 - o.rho);
        List<Tensor> std = Aten._foreachAdd(squares, o.eps), deltas = Aten._foreachAdd(updates, o.eps);
        Aten._foreachSqrt_(std);
        Aten._foreachSqrt_(deltas);
        Aten._foreachDiv_(deltas, std);
        Aten._foreachMul_(deltas, g);
        Aten._foreachMul_(updates, o.rho);
        Aten._foreachAddcmul_(updates, deltas, deltas, 1 - o.rho);
        Aten._foreachAdd_(bucket.parameters(), deltas, -o.lr);
    }
}
