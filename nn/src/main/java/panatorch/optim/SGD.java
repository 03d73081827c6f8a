package panatorch.optim;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Stochastic gradient descent with optional momentum: {@code g ← ∇ + λw; b ← μb + (1−τ)g}, at the first step {@code b ← g}; then
 * {@code w ← w − ηb}, or with Nesterov's momentum {@code w ← w − η(g + μb)} (Sutskever et al., 2013, On the importance of initialization
 * and momentum in deep learning).
 */
public final class SGD extends Optimizer {
    /**
     * Options of {@link SGD}. Each method returns changed options. {@code fused} does the step in one native call where libtorch supports
     * it; null, PyTorch's default, does not.
     */
    public record Options(double lr, double momentum, double dampening, double weightDecay, boolean nesterov, boolean maximize,
            @Nullable Boolean fused) implements Require.Consistent {
        public Options {
            Require.notNegative("the learning rate", lr);
            Require.notNegative("momentum", momentum);
            Require.notNegative("weight decay", weightDecay);
        }

        /**
         * Checks the options, when the optimiser is created.
         *
         * @throws IllegalArgumentException if Nesterov's momentum is on without momentum, or with dampening
         */
        @Override public void check() {
            if (nesterov && (momentum == 0 || dampening != 0))
                throw new IllegalArgumentException("Nesterov's momentum needs a momentum above 0 and no dampening");
        }

        public Options momentum(double value) { return new Options(lr, value, dampening, weightDecay, nesterov, maximize, fused); }
        public Options dampening(double value) { return new Options(lr, momentum, value, weightDecay, nesterov, maximize, fused); }
        public Options weightDecay(double value) { return new Options(lr, momentum, dampening, value, nesterov, maximize, fused); }
        public Options nesterov(boolean on) { return new Options(lr, momentum, dampening, weightDecay, on, maximize, fused); }
        public Options maximize(boolean on) { return new Options(lr, momentum, dampening, weightDecay, nesterov, on, fused); }
        public Options fused(boolean on) { return new Options(lr, momentum, dampening, weightDecay, nesterov, maximize, on); }
    }

    static final String MOMENTUM = "momentum_buffer";

    /** Returns options with PyTorch's learning rate, 0.001. */
    public static Options options() { return options(1e-3); }

    /** Returns options of plain gradient descent with learning rate {@code lr}. */
    public static Options options(double lr) {
        return new Options(lr, 0, 0, 0, false, false, null);
    }

    public SGD(List<Tensor> parameters, Options options) { super(parameters, options, NO_GRAPHS); }

    @Override protected void checkSparse(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        String option = Boolean.TRUE.equals(o.fused) ? "fused(true)" : o.weightDecay != 0 ? "weightDecay(" + o.weightDecay + ")" : null;
        if (option != null)
            throw new IllegalArgumentException("SGD does not support sparse gradients with " + option
                    + "; leave it out for these parameters, in a group of their own");
    }

    @Override protected void update(ParameterBucket bucket) {
        Options o = bucket.options(Options.class);
        // Momentum begins with the gradient, so parameters that take their first step are handled by themselves.
        ParameterBucket later = o.momentum == 0 ? bucket : bucket.where(MOMENTUM, true), first = bucket.where(MOMENTUM, false);
        if (o.momentum != 0 && first.size() > 0) update(first, o, true);
        if (later.size() > 0) update(later, o, o.momentum == 0);
    }

    private static void update(ParameterBucket bucket, Options o, boolean first) {
        if (Boolean.TRUE.equals(o.fused)) {
            List<Tensor> buffers = o.momentum == 0 ? List.of() : bucket.state(MOMENTUM, Tensor::zerosLike);
            Tensor rate = bucket.rate();
            if (rate == null)
                Aten._fusedSgd_(bucket.parameters(), bucket.gradients(), buffers, o.weightDecay, o.momentum, o.lr, o.dampening, o.nesterov,
                        o.maximize, first, bucket.gradScale(), bucket.foundInf());
            else
                Aten._fusedSgd_(bucket.parameters(), bucket.gradients(), buffers, o.weightDecay, o.momentum, rate, o.dampening, o.nesterov,
                        o.maximize, first, bucket.gradScale(), bucket.foundInf());
            return;
        }
        descend(bucket, bucket.gradients(o.maximize, o.weightDecay), o, first);
    }

    /** Moves the parameters along {@code g}, with momentum and learning rate, but without weight decay. */
    static void descend(ParameterBucket bucket, List<Tensor> g, Options o, boolean first) {
        if (o.momentum != 0) {
            List<Tensor> buffers = bucket.state(MOMENTUM, Tensor::zerosLike);
            if (!first) Aten._foreachMul_(buffers, o.momentum);
            Aten._foreachAdd_(buffers, g, first ? 1 : 1 - o.dampening);
            g = o.nesterov ? nesterov(g, buffers, o.momentum, bucket.isSparse()) : buffers;
        }
        Aten._foreachAdd_(bucket.parameters(), g, -o.lr);
    }

    private static List<Tensor> nesterov(List<Tensor> g, List<Tensor> buffers, double momentum, boolean sparse) {
        if (!sparse) return Aten._foreachAdd(g, buffers, momentum);
        List<Tensor> sum = Aten._foreachMul(buffers, momentum); // libtorch adds sparse tensors to dense ones, not the other way round
        Aten._foreachAdd_(sum, g, 1);
        return sum;
    }
}
