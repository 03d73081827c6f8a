package panatorch.optim;

import java.util.List;
import panatorch.Aten;
import panatorch.Device;
import panatorch.Tensor;

/**
 * RMSprop: {@code v ← αv + (1−α)g²; w ← w − ηg/(√v + ε)} (Tieleman and Hinton 2012, Coursera lecture 6.5). The centred form subtracts the
 * squared mean gradient from v (Graves 2013, arXiv:1308.0850). With momentum, the update is {@code b ← μb + g/(√v + ε)}.
 */
public final class RMSprop extends Optimizer {
    /** Options of {@link RMSprop}. Each method returns changed options. */
    public record Options(double lr, double alpha, double eps, double weightDecay, double momentum, boolean centered, boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("alpha", alpha);
            Require.notNegative("epsilon", eps);
            Require.notNegative("weight decay", weightDecay);
            Require.notNegative("momentum", momentum);
        }

        public Options alpha(double value) { return new Options(lr, value, eps, weightDecay, momentum, centered, maximize); }
        public Options eps(double value) { return new Options(lr, alpha, value, weightDecay, momentum, centered, maximize); }
        public Options weightDecay(double value) { return new Options(lr, alpha, eps, value, momentum, centered, maximize); }
        public Options momentum(double value) { return new Options(lr, alpha, eps, weightDecay, value, centered, maximize); }
        public Options centered(boolean on) { return new Options(lr, alpha, eps, weightDecay, momentum, on, maximize); }
        public Options maximize(boolean on) { return new Options(lr, alpha, eps, weightDecay, momentum, centered, on); }
    }

    /** Returns options with PyTorch's learning rate, 0.01. */
    public static Options options() { return options(1e-2); }

    public static Options options(double lr) { return new Options(lr, 0.99, 1e-8, 0, 0, false, false); }

    public RMSprop(List<Tensor> parameters, Options options) { super(parameters, options, PYTHON); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        List<Tensor> squares = bucket.state("square_avg", Tensor::zerosLike), g = bucket.gradients(o.maximize, o.weightDecay), denominators;
        Aten._foreachAdd_(bucket.steps(Device.CPU), 1);
        Aten._foreachMul_(squares, o.alpha);
        Aten._foreachAddcmul_(squares, g, g, 1 - o.alpha);
        if (o.centered) {
            List<Tensor> means = bucket.state("grad_avg", Tensor::zerosLike);
            Aten._foreachLerp_(means, g, 1 - o.alpha);
            denominators = Aten._foreachAddcmul(squares, means, means, -1);
            Aten._foreachSqrt_(denominators);
        } else {
            denominators = Aten._foreachSqrt(squares);
        }
        Aten._foreachAdd_(denominators, o.eps);
        if (o.momentum == 0) {
            Aten._foreachAddcdiv_(bucket.parameters(), g, denominators, -o.lr);
            return;
        }
        List<Tensor> buffers = bucket.state("momentum_buffer", Tensor::zerosLike);
        Aten._foreachMul_(buffers, o.momentum);
        Aten._foreachAddcdiv_(buffers, g, denominators);
        Aten._foreachAdd_(bucket.parameters(), buffers, -o.lr);
    }
}
