package panatorch.optim;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Adagrad: {@code s ← s + g²; w ← w − ηg/((1 + (t−1)·decay)(√s + ε))} (Duchi, Hazan and Singer 2011, JMLR 12). All parameters have their
 * sums from the beginning, as in Python. Sparse gradients are not supported.
 */
public final class Adagrad extends Optimizer {
    /**
     * Options of {@link Adagrad}. Each method returns changed options. {@code fused} does the step in one native call where libtorch
     * supports it; null, PyTorch's default, does not.
     */
    public record Options(double lr, double lrDecay, double weightDecay, double initialAccumulatorValue, double eps, boolean maximize,
            @Nullable Boolean fused) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("the decay of the learning rate", lrDecay);
            Require.notNegative("weight decay", weightDecay);
            Require.notNegative("the initial accumulator", initialAccumulatorValue);
            Require.notNegative("epsilon", eps);
        }

        public Options lrDecay(double value) { return new Options(lr, value, weightDecay, initialAccumulatorValue, eps, maximize, fused); }
        public Options weightDecay(double value) { return new Options(lr, lrDecay, value, initialAccumulatorValue, eps, maximize, fused); }
        public Options initialAccumulatorValue(double value) { return new Options(lr, lrDecay, weightDecay, value, eps, maximize, fused); }
        public Options eps(double value) { return new Options(lr, lrDecay, weightDecay, initialAccumulatorValue, value, maximize, fused); }
        public Options maximize(boolean on) { return new Options(lr, lrDecay, weightDecay, initialAccumulatorValue, eps, on, fused); }
        public Options fused(boolean on) { return new Options(lr, lrDecay, weightDecay, initialAccumulatorValue, eps, maximize, on); }
    }

    /** Returns options with PyTorch's learning rate, 0.01. */
    public static Options options() { return options(1e-2); }

    public static Options options(double lr) { return new Options(lr, 0, 0, 0, 1e-10, false, null); }

    public Adagrad(List<Tensor> parameters, Options options) {
        super(parameters, options, NO_GRAPHS);
        begin(groups().getFirst());
    }

    @Override public void addParamGroup(List<Tensor> parameters, Record options) {
        super.addParamGroup(parameters, options);
        begin(groups().getLast());
    }

    private static void begin(ParameterGroup group) {
        var o = (Options) group.options();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (int i = 0; i < group.states.size(); i++) {
                Tensor p = group.parameters().get(i);
                Device steps = Boolean.TRUE.equals(o.fused) ? p.device() : Device.CPU;
                group.states.get(i).put("step", Aten.scalarTensor(0, DType.FLOAT32, null, steps).escape());
                group.states.get(i).put("sum", sum(p, o).escape());
            }
        }
    }

    private static Tensor sum(Tensor p, Options o) { return p.fullLike(o.initialAccumulatorValue); }

    @Override protected void checkSparse(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        String option = Boolean.TRUE.equals(o.fused) ? "fused(true)" : o.weightDecay != 0 ? "weightDecay(" + o.weightDecay + ")" : null;
        if (option != null)
            throw new IllegalArgumentException("Adagrad does not support sparse gradients with " + option
                    + "; leave it out for these parameters, in a group of their own");
    }

    /** Updates the elements that sparse gradients have. */
    private static void updateSparse(ParameterBucket bucket, Options o, List<Tensor> sums) {
        double[] steps = bucket.countSteps();
        for (int i = 0; i < bucket.size(); i++) {
            Tensor g = bucket.gradients().get(i).coalesce(), values = o.maximize ? g.values().neg() : g.values();
            if (values.numel() == 0) continue;
            sums.get(i).add_(SparseAdam.like(g, values.pow(2)));
            Tensor std = sums.get(i).sparseMask(g).values().sqrt().add_(o.eps);
            bucket.parameters().get(i).add_(SparseAdam.like(g, values.div(std)), -o.lr / (1 + (steps[i] - 1) * o.lrDecay));
        }
    }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        List<Tensor> sums = bucket.state("sum", p -> sum(p, o));
        if (bucket.isSparse()) {
            updateSparse(bucket, o, sums);
            return;
        }
        if (Boolean.TRUE.equals(o.fused)) {
            List<Tensor> steps = bucket.steps(bucket.device());
            Aten._foreachAdd_(steps, 1);
            Aten._fusedAdagrad_(bucket.parameters(), bucket.gradients(), sums, steps, o.lr, o.lrDecay, o.weightDecay, o.eps, o.maximize,
                    bucket.gradScale(), bucket.foundInf());
            bucket.takeBack(steps);
            return;
        }
        List<Double> factors = ParameterBucket.map(bucket.countSteps(), t -> -o.lr / (1 + (t - 1) * o.lrDecay));
        List<Tensor> g = bucket.gradients(o.maximize, o.weightDecay);
        Aten._foreachAddcmul_(sums, g, g, 1);
        List<Tensor> denominators = Aten._foreachSqrt(sums);
        Aten._foreachAdd_(denominators, o.eps);
        Aten._foreachAddcdiv_ScalarList(bucket.parameters(), g, denominators, factors);
    }
}
