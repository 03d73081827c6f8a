package panatorch.optim;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * {@link Adam} for sparse gradients, such as those of embeddings. Only the elements that the gradient has are updated, together with their
 * moments; the bias correction uses the parameter's number of steps. It loops over the parameters.
 */
public final class SparseAdam extends Optimizer {
    /** Options of {@link SparseAdam}. Each method returns changed options. */
    public record Options(double lr, List<Double> betas, double eps, boolean maximize) {
        public Options {
            if (!(lr > 0)) throw new IllegalArgumentException("the learning rate has to be positive, not " + lr);
            if (!(eps > 0)) throw new IllegalArgumentException("epsilon has to be positive, not " + eps);
            Require.decays(betas);
        }

        public Options betas(double first, double second) { return new Options(lr, List.of(first, second), eps, maximize); }
        public Options eps(double value) { return new Options(lr, betas, value, maximize); }
        public Options maximize(boolean on) { return new Options(lr, betas, eps, on); }
    }

    /** Returns options with PyTorch's learning rate, 0.001. */
    public static Options options() { return options(1e-3); }

    public static Options options(double lr) { return new Options(lr, List.of(0.9, 0.999), 1e-8, false); }

    public SparseAdam(List<Tensor> parameters, Options options) { super(parameters, options); }

    @Override protected void checkSparse(ParameterBucket bucket) {}

    /**
     * Updates the parameters.
     *
     * @throws IllegalArgumentException if a gradient is dense
     */
    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        if (!bucket.isSparse()) throw new IllegalArgumentException("SparseAdam takes sparse gradients only; use Adam for dense ones");
        List<Tensor> means = bucket.state("exp_avg", Tensor::zerosLike), squares = bucket.state("exp_avg_sq", Tensor::zerosLike);
        for (int i = 0; i < bucket.size(); i++) {
            Map<String, @Nullable Object> state = bucket.stateOf(i);
            long t = (state.get("step") instanceof Number n ? n.longValue() : 0) + 1;
            state.put("step", t);
            Tensor g = bucket.gradients().get(i).coalesce(), values = g.values();
            if (values.numel() > 0)
                update(bucket.parameters().get(i), g, o.maximize ? values.neg() : values, means.get(i), squares.get(i), t, o);
        }
    }

    private static void update(Tensor p, Tensor g, Tensor values, Tensor mean, Tensor square, long t, Options o) {
        double beta1 = o.betas.get(0), beta2 = o.betas.get(1);
        Tensor m = moved(mean, g, values, 1 - beta1), v = moved(square, g, values.pow(2), 1 - beta2);
        double rate = o.lr * Math.sqrt(1 - Math.pow(beta2, t)) / (1 - Math.pow(beta1, t));
        p.add_(like(g, m.div_(v.sqrt_().add_(o.eps)).mul_(-rate)));
    }

    /**
     * Moves those elements of a running average that {@code g} has towards {@code values}.
     *
     * @return the new values of these elements
     */
    private static Tensor moved(Tensor average, Tensor g, Tensor values, double weight) {
        Tensor old = average.sparseMask(g).values(), change = values.sub(old).mul_(weight);
        average.add_(like(g, change));
        return change.add(old);
    }

    /** Returns a sparse tensor with the indices of another one. */
    static Tensor like(Tensor g, Tensor values) {
        return Aten.sparseCooTensor(g.indices(), values, g.shape(), values.dtype());
    }
}
