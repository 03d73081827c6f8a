package panatorch.optim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Limited-memory BFGS (Nocedal 1980, Updating quasi-Newton matrices with limited storage), with steps of fixed size or a line search for
 * the strong Wolfe conditions (Nocedal and Wright 2006, Numerical Optimization, 3.5). A step is several iterations, each with at least one
 * evaluation, so only {@link #step(Supplier)} works. Takes one group of real parameters on one device, and memory for {@code historySize}
 * pairs of vectors as long as all parameters together.
 */
public final class LBFGS extends Optimizer {
    /**
     * Options of {@link LBFGS}. Each method returns changed options.
     *
     * @param lr step size, or the first one that the line search tries
     * @param maxIter largest number of iterations in a step
     * @param maxEval largest number of evaluations in a step; null for 5/4 of the iterations
     * @param toleranceGrad the step ends where no element of the gradient is larger
     * @param toleranceChange the step ends where neither the loss nor any weight changes by more
     * @param historySize number of pairs of vectors that are kept
     * @param lineSearchFn {@code strong_wolfe}, or null
     */
    public record Options(double lr, long maxIter, @Nullable Long maxEval, double toleranceGrad, double toleranceChange, long historySize,
            @Nullable String lineSearchFn) {
        public Options {
            Require.notNegative("the learning rate", lr);
            if (lineSearchFn != null && !lineSearchFn.equals("strong_wolfe"))
                throw new IllegalArgumentException("the line search has to be 'strong_wolfe' or null, not '" + lineSearchFn + "'");
        }

        public Options maxIter(long value) {
            return new Options(lr, value, maxEval, toleranceGrad, toleranceChange, historySize, lineSearchFn);
        }
        public Options maxEval(long value) {
            return new Options(lr, maxIter, value, toleranceGrad, toleranceChange, historySize, lineSearchFn);
        }
        public Options toleranceGrad(double value) {
            return new Options(lr, maxIter, maxEval, value, toleranceChange, historySize, lineSearchFn);
        }
        public Options toleranceChange(double value) {
            return new Options(lr, maxIter, maxEval, toleranceGrad, value, historySize, lineSearchFn);
        }
        public Options historySize(long value) {
            return new Options(lr, maxIter, maxEval, toleranceGrad, toleranceChange, value, lineSearchFn);
        }
        public Options lineSearchFn(String value) {
            return new Options(lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, value);
        }
    }

    /** Returns options with PyTorch's learning rate, 1. */
    public static Options options() { return options(1); }

    /**
     * Returns options with a learning rate.
     *
     * @param lr step size, or the first one that the line search tries; usually 1
     */
    public static Options options(double lr) { return new Options(lr, 20, null, 1e-7, 1e-9, 100, null); }

    public LBFGS(List<Tensor> parameters, Options options) {
        super(parameters, options.maxEval == null ? options.maxEval(options.maxIter * 5 / 4) : options);
    }

    /**
     * Always throws: there is only one group.
     *
     * @throws UnsupportedOperationException always
     */
    @Override public void addParamGroup(List<Tensor> parameters, Record options) {
        throw new UnsupportedOperationException("LBFGS "
                + "supports only one parameter group");
    }

    /**
     * Always throws: iterations have to evaluate the loss.
     *
     * @throws UnsupportedOperationException always
     */
    @Override public void step() {
        throw new UnsupportedOperationException("LBFGS needs a closure that evaluates the loss; call "
                + "step(closure)");
    }

    @Override protected void update(ParameterBucket bucket) { step(); }

    /** A loss and its gradient with respect to all parameters as one vector. */
    record Evaluation(double loss, Tensor gradient) {}

    /**
     * Runs several iterations.
     *
     * @return the first loss, which belongs to the current scope
     */
    @Override public Tensor step(Supplier<Tensor> closure) {
        return hooked(() -> {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                Tensor first = evaluated(closure);
                Evaluation at = new Evaluation(first.itemDouble(), flatGradient());
                new Iterations(closure, at).run();
                return scope.move(first);
            }
        });
    }

    private Evaluation evaluate(Supplier<Tensor> closure) {
        try (var scope = Scope.open()) {
            return new Evaluation(evaluated(closure).itemDouble(), scope.move(flatGradient()));
        }
    }

    private List<Tensor> parameters() { return groups().getFirst().parameters(); }

    private Tensor flatGradient() {
        var parts = new ArrayList<Tensor>();
        for (Tensor p : parameters()) parts.add((p.grad() instanceof Tensor g ? g : p.zerosLike()).reshape(-1));
        return Aten.cat(parts);
    }

    private void move(double step, Tensor direction) {
        long offset = 0;
        for (Tensor p : parameters()) {
            p.add_(direction.narrow(0, offset, p.numel()).viewAs(p), step);
            offset += p.numel();
        }
    }

    /**
     * The iterations of one step. The state is written at their end, so that a closure that throws leaves the state of the last step.
     */
    private final class Iterations {
        final Options o = (Options) groups().getFirst().options();
        final long maxEval = Objects.requireNonNull(o.maxEval); // the optimiser's constructor fills it in
        final Map<String, @Nullable Object> old = groups().getFirst().states.getFirst();
        final Supplier<Tensor> closure;
        long iterations, evaluations;
        Evaluation at;
        @Nullable
        Tensor direction, previousGradient, scale;
        List<Tensor> gradientChanges, steps, inverses;
        double stepSize, previousLoss;
        final @Nullable Object[] products;

        Iterations(Supplier<Tensor> closure, Evaluation at) {
            this.closure = closure;
            this.at = at;
            iterations = (long) number("n_iter");
            evaluations = (long) number("func_evals");
            direction = (Tensor) old.get("d");
            previousGradient = (Tensor) old.get("prev_flat_grad");
            scale = old.get("H_diag") instanceof Tensor t ? t : null;
            stepSize = number("t");
            previousLoss = number("prev_loss");
            gradientChanges = tensors("old_dirs");
            steps = tensors("old_stps");
            inverses = tensors("ro");
            products = old.get("al") instanceof List<?> list ? list.toArray() : new @Nullable Object[(int) o.historySize];
        }

        private double number(String key) {
            return old.get(key) instanceof Tensor t ? t.itemDouble() : old.get(key) instanceof Number n ? n.doubleValue() : 0;
        }

        private List<Tensor> tensors(String key) {
            var all = new ArrayList<Tensor>();
            if (old.get(key) instanceof List<?> list) list.forEach(t -> all.add((Tensor) t));
            return all;
        }

        void run() {
            evaluations++;
            if (flat(at.gradient)) {
                old.put("func_evals", evaluations);
                old.put("n_iter", iterations);
                return;
            }
            long current = 1;
            for (long n = 1; n <= o.maxIter; n++) {
                iterations++;
                Tensor d = direction = iterations == 1 ? at.gradient.neg() : quasiNewton();
                previousGradient = at.gradient.clone();
                previousLoss = at.loss;
                stepSize = iterations == 1 ? Math.min(1, 1 / at.gradient.abs().sum().itemDouble()) * o.lr : o.lr;
                double slope = at.gradient.dot(d).itemDouble();
                if (slope > -o.toleranceChange) break;
                long used = 0;
                if (o.lineSearchFn != null) {
                    var search = new StrongWolfe(t -> tried(t, d), at, d.abs().max().itemDouble(), d);
                    stepSize = search.run(stepSize, slope, maxEval - current);
                    at = search.result();
                    used = search.evaluations();
                    move(stepSize, d);
                } else {
                    move(stepSize, d);
                    // The last iteration needs no further gradient.
                    if (n != o.maxIter) {
                        at = evaluate(closure);
                        used = 1;
                    }
                }
                current += used;
                evaluations += used;
                if (n == o.maxIter || current >= maxEval || flat(at.gradient)
                        || d.mul(stepSize).abs().max().itemDouble() <= o.toleranceChange
                        || Math.abs(at.loss - previousLoss) < o.toleranceChange)
                    break;
            }
            keep();
        }

        private boolean flat(Tensor gradient) { return gradient.abs().max().itemDouble() <= o.toleranceGrad; }

        /** Returns the loss and gradient after a step along d. The parameters are restored. */
        private Evaluation tried(double step, Tensor d) {
            List<Tensor> before = Aten._foreachClone(parameters());
            move(step, d);
            Evaluation there = evaluate(closure);
            Aten._foreachCopy_(parameters(), before);
            before.forEach(Tensor::close);
            return there;
        }

        /** Returns −H·g by the two-loop recursion over the history. */
        private Tensor quasiNewton() {
            // after the first iteration they are there
            Tensor before = Objects.requireNonNull(previousGradient), last = Objects.requireNonNull(direction);
            Tensor change = at.gradient.sub(before), step = last.mul(stepSize), curvature = change.dot(step);
            if (curvature.itemDouble() > 1e-10) {
                if (gradientChanges.size() == o.historySize)
                    for (List<Tensor> l : List.of(gradientChanges, steps, inverses)) l.removeFirst();
                gradientChanges.add(change);
                steps.add(step);
                inverses.add(curvature.reciprocal());
                scale = curvature.div(change.dot(change));
            }
            Tensor q = at.gradient.neg();
            var factors = new Tensor[steps.size()];
            for (int i = steps.size() - 1; i >= 0; i--) {
                Tensor a = steps.get(i).dot(q).mul(inverses.get(i));
                products[i] = factors[i] = a;
                q.add_(gradientChanges.get(i), -a.itemDouble());
            }
            Tensor r = scale == null ? q : q.mul(scale);
            for (int i = 0; i < steps.size(); i++) {
                Tensor b = gradientChanges.get(i).dot(r).mul(inverses.get(i));
                r.add_(steps.get(i), factors[i].sub(b).itemDouble());
            }
            return r;
        }

        private void keep() {
            var state = new LinkedHashMap<String, @Nullable Object>();
            state.put("func_evals", evaluations);
            state.put("n_iter", iterations);
            if (iterations > 1) state.put("al", new ArrayList<>(java.util.Arrays.asList(products)));
            state.put("d", direction);
            state.put("t", stepSize);
            state.put("old_dirs", gradientChanges);
            state.put("old_stps", steps);
            state.put("ro", inverses);
            state.put("H_diag", scale == null ? (Object) 1L : scale);
            state.put("prev_flat_grad", previousGradient);
            state.put("prev_loss", previousLoss);
            Set<Tensor> kept = Collections.newSetFromMap(new IdentityHashMap<>());
            collect(state.values(), kept);
            Set<Tensor> before = Collections.newSetFromMap(new IdentityHashMap<>());
            collect(old.values(), before);
            for (Tensor t : kept) if (!before.contains(t)) t.escape();
            for (Tensor t : before) if (!kept.contains(t)) t.close();
            old.clear();
            old.putAll(state);
        }

        private void collect(Iterable<?> values, Set<Tensor> into) {
            for (Object v : values) {
                if (v instanceof Tensor t) into.add(t);
                else if (v instanceof List<?> list) collect(list, into);
            }
        }
    }
}
