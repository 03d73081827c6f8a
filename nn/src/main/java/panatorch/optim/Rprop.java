package panatorch.optim;

import java.util.List;
import panatorch.Aten;
import panatorch.Device;
import panatorch.Tensor;

/**
 * Resilient backpropagation, for full batches: {@code w ← w − sign(g)·step} (Riedmiller and Braun 1993, A direct adaptive method for faster
 * backpropagation learning). Each weight's own step size grows by η₊ while its gradient keeps its sign. When the sign changes, the step
 * size shrinks by η₋ and the weight does not move.
 */
public final class Rprop extends Optimizer {
    /** Options of {@link Rprop}. Each method returns changed options. */
    public record Options(double lr, List<Double> etas, List<Double> stepSizes, boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            if (!(0 < etas.get(0) && etas.get(0) < 1 && etas.get(1) > 1))
                throw new IllegalArgumentException("etas have to satisfy 0 < η₋ < 1 < η₊, not " + etas);
        }

        public Options etas(double first, double second) { return new Options(lr, List.of(first, second), stepSizes, maximize); }
        public Options stepSizes(double first, double second) { return new Options(lr, etas, List.of(first, second), maximize); }
        public Options maximize(boolean on) { return new Options(lr, etas, stepSizes, on); }
    }

    /** Returns options with PyTorch's learning rate, 0.01. */
    public static Options options() { return options(1e-2); }

    /**
     * Returns options with a learning rate.
     *
     * @param lr the first step size
     */
    public static Options options(double lr) { return new Options(lr, List.of(0.5, 1.2), List.of(1e-6, 50.0), false); }

    public Rprop(List<Tensor> parameters, Options options) { super(parameters, options, PYTHON); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        List<Tensor> previous = bucket.state("prev", Tensor::zerosLike), sizes = bucket.state("step_size", p -> stepSize(p, o.lr));
        Aten._foreachAdd_(bucket.steps(Device.CPU), 1);
        List<Tensor> g = bucket.gradients(o.maximize, 0), same = Aten._foreachMul(g, previous);
        Aten._foreachSign_(same);
        List<Tensor> changed = Aten._foreachNeg(same), factors = Aten._foreachAbs(same);
        Aten._foreachClampMin_(same, 0);
        Aten._foreachClampMin_(changed, 0);
        // Two of the three products are 0, so that each factor is exact.
        Aten._foreachMul_(factors, -1);
        Aten._foreachAdd_(factors, 1);
        Aten._foreachAdd_(factors, same, o.etas.get(1));
        Aten._foreachAdd_(factors, changed, o.etas.get(0));
        Aten._foreachMul_(sizes, factors);
        Aten._foreachClampMin_(sizes, o.stepSizes.get(0));
        Aten._foreachClampMax_(sizes, o.stepSizes.get(1));
        Aten._foreachMul_(changed, -1);
        Aten._foreachAdd_(changed, 1);
        List<Tensor> moving = Aten._foreachMul(g, changed);
        Aten._foreachCopy_(previous, moving);
        Aten._foreachSign_(moving);
        Aten._foreachAddcmul_(bucket.parameters(), moving, sizes, -1);
    }

    private static Tensor stepSize(Tensor parameter, double size) {
        Tensor all = parameter.emptyLike();
        (parameter.dtype().isComplex() ? all.viewAsReal() : all).fill_(size);
        return all;
    }
}
