package panatorch.optim;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;

/**
 * Adafactor: adaptive learning rates with second moments in sublinear memory (Shazeer and Stern 2018, arXiv:1804.04235; where PyTorch
 * deviates from it, as PyTorch). For a matrix it keeps the row means r and column means c of g², {@code v = r·c/mean(r)}; for a vector it
 * keeps v itself; with {@code β₂ = 1 − t^τ}. Then {@code u = g/√v; w ← w − α·u/max(1, rms(u)/d)} with
 * {@code α = max(ε₂, rms(w))·min(η, 1/√t)}. It loops over the parameters and reads numbers of each back from the device.
 */
public final class Adafactor extends Optimizer {
    /**
     * Options of {@link Adafactor}. Each method returns changed options. {@code eps} holds ε₁ (null for the type's machine precision) and
     * ε₂.
     */
    public record Options(double lr, double beta2Decay, List<@Nullable Double> eps, double d, double weightDecay, boolean maximize) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("weight decay", weightDecay);
            if (!(beta2Decay <= 0))
                throw new IllegalArgumentException("the exponent of beta2's decay has to be at most 0, not " + beta2Decay);
            if (!(d >= 1)) throw new IllegalArgumentException("the clipping threshold has to be at least 1, not " + d);
            eps = java.util.Collections.unmodifiableList(eps);
        }

        public Options beta2Decay(double value) { return new Options(lr, value, eps, d, weightDecay, maximize); }
        public Options eps(@Nullable Double first, double second) {
            return new Options(lr, beta2Decay, Arrays.asList(first, second), d, weightDecay, maximize);
        }
        public Options d(double value) { return new Options(lr, beta2Decay, eps, value, weightDecay, maximize); }
        public Options weightDecay(double value) { return new Options(lr, beta2Decay, eps, d, value, maximize); }
        public Options maximize(boolean on) { return new Options(lr, beta2Decay, eps, d, weightDecay, on); }
    }

    /** Returns options with PyTorch's learning rate, 0.01. */
    public static Options options() { return options(1e-2); }

    /**
     * Returns options with a learning rate.
     *
     * @param lr the largest relative step, 0.01 in the paper
     */
    public static Options options(double lr) { return new Options(lr, -0.8, Arrays.asList(null, 1e-3), 1, 0, false); }

    public Adafactor(List<Tensor> parameters, Options options) { super(parameters, options, FOREACH); }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        double[] steps = bucket.countSteps();
        List<Tensor> gradients = bucket.gradients(o.maximize, 0);
        for (int i = 0; i < bucket.size(); i++) update(bucket.one(i), gradients.get(i), steps[i], o);
    }

    private static void update(ParameterBucket one, Tensor g, double t, Options o) {
        Tensor p = one.parameters().getFirst();
        double eps1 = o.eps.get(0) instanceof Double e ? e : precision(p.dtype()), weight = Math.pow(t, o.beta2Decay);
        double rate = Math.max(o.eps.get(1), rms(p)) * Math.min(o.lr, 1 / Math.sqrt(t));
        if (o.weightDecay != 0) p.mul_(1 - o.lr * o.weightDecay);
        Tensor v;
        if (g.dim() > 1) {
            Tensor rows = one.state("row_var", q -> means(g, -1).zerosLike()).getFirst(),
                    columns = one.state("col_var", q -> means(g, -2).zerosLike()).getFirst();
            rows.lerp_(means(g, -1), weight);
            columns.lerp_(means(g, -2), weight);
            v = rows.matmul(columns).div_(rows.mean(new long[] {-2}, true).clampMin_(eps1));
        } else {
            v = one.state("variance", q -> g.zerosLike()).getFirst().lerp_(g.mul(g), weight).clone();
        }
        Tensor update = v.clampMin_(eps1 * eps1).rsqrt_().mul_(g);
        p.add_(update, -rate / Math.max(1, rms(update) / o.d));
    }

    /** Returns the mean of the squares along {@code dim}. */
    private static Tensor means(Tensor g, long dim) {
        return g.norm(2, new long[] {dim}, true).square_().div_(g.size(dim));
    }

    private static double rms(Tensor t) { return t.norm(2).itemDouble() / Math.sqrt(t.numel()); }

    private static double precision(DType type) {
        return switch (type) {
            case FLOAT64 -> 0x1p-52;
            case FLOAT16 -> 0x1p-10;
            case BFLOAT16 -> 0x1p-7;
            default -> 0x1p-23;
        };
    }
}
