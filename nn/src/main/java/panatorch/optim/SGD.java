package panatorch.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Stochastic gradient descent as PyTorch's: {@code g ← ∇ + λw; b ← μb + (1−τ)g} (the first step {@code b ← g});
 * {@code w ← w − ηb}, with Nesterov {@code w ← w − η(g + μb)} (Sutskever et al. 2013). All parameters in one native call.
 */
public final class SGD implements Optimizer {
    /** Each method returns changed options. */
    public record Options(double lr, double momentum, double dampening, double weightDecay, boolean nesterov, boolean maximize) {
        public Options {
            if (!(lr >= 0)) throw new IllegalArgumentException("the learning rate is not negative: " + lr);
            if (!(momentum >= 0)) throw new IllegalArgumentException("momentum is not negative: " + momentum);
            if (!(weightDecay >= 0)) throw new IllegalArgumentException("weight decay is not negative: " + weightDecay);
            if (nesterov && (momentum == 0 || dampening != 0)) throw new IllegalArgumentException("Nesterov's method needs momentum and no dampening");
        }
        public Options momentum(double m) { return new Options(lr, m, dampening, weightDecay, nesterov, maximize); }
        public Options dampening(double d) { return new Options(lr, momentum, d, weightDecay, nesterov, maximize); }
        public Options weightDecay(double w) { return new Options(lr, momentum, dampening, w, nesterov, maximize); }
        public Options nesterov(boolean on) { return new Options(lr, momentum, dampening, weightDecay, on, maximize); }
        public Options maximize(boolean on) { return new Options(lr, momentum, dampening, weightDecay, nesterov, on); }
    }

    private final List<Tensor> parameters;
    private final Map<Tensor, Tensor> momentumBuffers = new LinkedHashMap<>();
    private final Options options;
    private double lr;

    /** Plain gradient descent with learning rate {@code lr}. */
    public static Options options(double lr) { return new Options(lr, 0, 0, 0, false, false); }

    public SGD(List<Tensor> parameters, Options options) {
        if (parameters.isEmpty()) throw new IllegalArgumentException("there are no parameters to optimise");
        this.parameters = List.copyOf(parameters);
        this.options = options;
        this.lr = options.lr;
    }

    @Override public void step() {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            var first = new Batch(true);
            var later = new Batch(options.momentum == 0);
            for (Tensor p : parameters) {
                Tensor grad = p.grad();
                if (grad == null) continue;
                boolean seen = options.momentum == 0 || momentumBuffers.containsKey(p);
                (seen ? later : first).add(p, grad);
            }
            first.run();
            later.run();
        }
    }

    /** Parameters whose momentum begins with this step, or all others. */
    private final class Batch {
        final boolean first;
        final List<Tensor> weights = new ArrayList<>(), grads = new ArrayList<>(), buffers = new ArrayList<>();

        Batch(boolean first) { this.first = first; }

        void add(Tensor p, Tensor grad) {
            weights.add(p);
            grads.add(grad);
            if (options.momentum != 0) buffers.add(momentumBuffers.computeIfAbsent(p, q -> q.emptyLike().escape()));
        }

        void run() {
            if (weights.isEmpty()) return;
            Aten._fusedSgd_(weights, grads, buffers, options.weightDecay, options.momentum, lr, options.dampening, options.nesterov, options.maximize, first);
        }
    }

    @Override public void zeroGrad() {
        for (Tensor p : parameters) p.setGrad(null);
    }

    @Override public double learningRate() { return lr; }

    @Override public void setLearningRate(double lr) { this.lr = lr; }

    @Override public void close() {
        momentumBuffers.values().forEach(Tensor::close);
        momentumBuffers.clear();
    }
}
