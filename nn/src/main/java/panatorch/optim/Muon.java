package panatorch.optim;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;

/**
 * Muon: momentum whose update of a matrix is orthogonalised (Jordan et al., 2024, Muon; Liu et al., 2025, arXiv:2502.16982).
 * {@code b ← μb + (1−μ)g; w ← (1 − ηλ)w − η'·orthogonal(b)}, with {@code μb + (1−μ)g} in place of b for Nesterov's momentum.
 * {@code orthogonal} is the Newton-Schulz iteration {@code x ← ax + (bA + cA²)x, A = xxᵀ} in bfloat16. Takes matrices only, and loops over
 * them.
 */
public final class Muon extends Optimizer {
    /**
     * Options of {@link Muon}. Each method returns changed options.
     *
     * @param adjustLrFn adjustment of the rate to the shape [A, B]: {@code original} or null for {@code η' = η√max(1, A/B)}, or
     * {@code match_rms_adamw} for {@code η' = 0.2η√max(A, B)}, which suits rates found for AdamW
     */
    public record Options(double lr, double weightDecay, double momentum, boolean nesterov, List<Double> nsCoefficients, double eps,
            long nsSteps, @Nullable String adjustLrFn) {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("weight decay", weightDecay);
            Require.notNegative("momentum", momentum);
            if (nsCoefficients.size() != 3) throw new IllegalArgumentException("nsCoefficients needs three numbers, not " + nsCoefficients);
            if (nsSteps < 0 || nsSteps >= 100) throw new IllegalArgumentException("nsSteps has to be between 0 and 99, not " + nsSteps);
            if (adjustLrFn != null && !adjustLrFn.equals("original") && !adjustLrFn.equals("match_rms_adamw"))
                throw new IllegalArgumentException("adjustLrFn has to be 'original' or 'match_rms_adamw', not '" + adjustLrFn + "'");
        }

        public Options weightDecay(double value) {
            return new Options(lr, value, momentum, nesterov, nsCoefficients, eps, nsSteps, adjustLrFn);
        }
        public Options momentum(double value) {
            return new Options(lr, weightDecay, value, nesterov, nsCoefficients, eps, nsSteps, adjustLrFn);
        }
        public Options nesterov(boolean on) { return new Options(lr, weightDecay, momentum, on, nsCoefficients, eps, nsSteps, adjustLrFn); }
        public Options nsCoefficients(double a, double b, double c) {
            return new Options(lr, weightDecay, momentum, nesterov, List.of(a, b, c), eps, nsSteps, adjustLrFn);
        }
        public Options eps(double value) {
            return new Options(lr, weightDecay, momentum, nesterov, nsCoefficients, value, nsSteps, adjustLrFn);
        }
        public Options nsSteps(long value) {
            return new Options(lr, weightDecay, momentum, nesterov, nsCoefficients, eps, value, adjustLrFn);
        }
        public Options adjustLrFn(String value) {
            return new Options(lr, weightDecay, momentum, nesterov, nsCoefficients, eps, nsSteps, value);
        }
    }

    /** Returns options with PyTorch's learning rate, 0.001. */
    public static Options options() { return options(1e-3); }

    /** Returns options with a learning rate, weight decay 0.1 and Nesterov momentum 0.95. */
    public static Options options(double lr) {
        return new Options(lr, 0.1, 0.95, true, List.of(3.4445, -4.7750, 2.0315), 1e-7, 5, null);
    }

    /**
     * Creates the optimiser.
     *
     * @throws IllegalArgumentException if a parameter is not a matrix
     */
    public Muon(List<Tensor> parameters, Options options) { super(matrices(parameters), options); }

    @Override public void addParamGroup(List<Tensor> parameters, Record options) { super.addParamGroup(matrices(parameters), options); }

    private static List<Tensor> matrices(List<Tensor> parameters) {
        for (Tensor p : parameters) if (p.dim() != 2) throw new IllegalArgumentException("Muon takes matrices only, not " + p.describe());
        return parameters;
    }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        List<Tensor> buffers = bucket.state("momentum_buffer", Tensor::zerosLike);
        Aten._foreachLerp_(buffers, bucket.gradients(), 1 - o.momentum);
        List<Tensor> updates = o.nesterov ? Aten._foreachLerp(bucket.gradients(), buffers, o.momentum) : buffers;
        Aten._foreachMul_(bucket.parameters(), 1 - o.lr * o.weightDecay);
        for (int i = 0; i < bucket.size(); i++) {
            Tensor p = bucket.parameters().get(i);
            p.add_(orthogonal(updates.get(i), o), -adjusted(o, p.size(0), p.size(1)));
        }
    }

    private static Tensor orthogonal(Tensor update, Options o) {
        boolean tall = update.size(0) > update.size(1);
        Tensor x = update.to(DType.BFLOAT16);
        if (tall) x = x.t();
        x = x.div(x.norm().clampMin(o.eps));
        for (int i = 0; i < o.nsSteps; i++) {
            Tensor gram = x.matmul(x.t());
            x = Aten.addmm(x, Aten.addmm(gram, gram, gram, o.nsCoefficients.get(1), o.nsCoefficients.get(2)), x, o.nsCoefficients.get(0),
                    1);
        }
        return tall ? x.t() : x;
    }

    private static double adjusted(Options o, long rows, long columns) {
        return o.lr * ("match_rms_adamw".equals(o.adjustLrFn) ? 0.2 * Math.sqrt(Math.max(rows, columns))
                : Math.sqrt(Math.max(1, (double) rows / columns)));
    }
}
