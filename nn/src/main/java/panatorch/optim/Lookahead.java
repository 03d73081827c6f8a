package panatorch.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Lookahead: after every k steps of another optimiser, the weights go back a part of the way, {@code φ ← φ + α(w − φ); w ← φ}. The slow
 * weights φ start as the weights before the first step (Zhang et al., 2019, arXiv:1907.08610, algorithm 1).
 *
 * <pre>{@code
 * var optimizer = new Lookahead(new AdamW(net.parameters(), AdamW.options(1e-3)), Lookahead.options());
 * }</pre>
 *
 * <p>
 * Evaluate the model after a multiple of k steps, when its weights are the slow ones. The slow weights are part of the state, which both
 * optimisers share; closing one closes both. Schedulers may be created for either. timm takes the slow weights after the first k steps, so
 * that its first k steps are those of the other optimiser.
 */
public final class Lookahead extends OptimizerWrapper {
    /**
     * Options of {@link Lookahead}. Each method returns changed options.
     *
     * @param alpha α, the part of the way that the slow weights move, in [0, 1]
     * @param k number of steps between two updates of the slow weights
     */
    public record Options(double alpha, long k) {
        public Options {
            if (!(alpha >= 0 && alpha <= 1)) throw new IllegalArgumentException("alpha has to be between 0 and 1, not " + alpha);
            if (k < 1) throw new IllegalArgumentException("k has to be at least 1, not " + k);
        }

        public Options alpha(double value) { return new Options(value, k); }
        public Options k(long value) { return new Options(alpha, value); }
    }

    private static final String SLOW = "lookahead_slow_buff", ALPHA = "lookahead_alpha", K = "lookahead_k", STEP = "lookahead_step";

    /** Returns options with α = 0.5 and k = 6. */
    public static Options options() { return new Options(0.5, 6); }

    /**
     * Creates the optimiser.
     *
     * @param wrapped optimiser whose steps are made, which must not be stepped itself from now on
     */
    public Lookahead(Optimizer wrapped, Options options) {
        super(wrapped, Map.of(ALPHA, options.alpha, K, options.k, STEP, 0L));
    }

    @Override public void step() { run(null); }

    @Override public Tensor step(Supplier<Tensor> closure) { return Objects.requireNonNull(run(closure)); }

    private @Nullable Tensor run(@Nullable Supplier<Tensor> closure) {
        return hooked(() -> {
            groups().forEach(Lookahead::keepSlowWeights);
            Tensor loss = closure == null ? null : wrapped.step(closure);
            if (closure == null) wrapped.step();
            for (ParameterGroup g : groups()) {
                long steps = (long) g.number(STEP) + 1;
                g.set(STEP, steps);
                if (steps % (long) g.number(K) == 0) synchronise(g);
            }
            return loss;
        });
    }

    private static void keepSlowWeights(ParameterGroup group) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (int i = 0; i < group.parameters().size(); i++) {
                Tensor p = group.open(i);
                group.states.get(i).computeIfAbsent(SLOW, key -> p.clone().escape());
            }
        }
    }

    private static void synchronise(ParameterGroup group) {
        var slow = new ArrayList<Tensor>();
        for (Map<String, @Nullable Object> state : group.states) if (state.get(SLOW) instanceof Tensor t) slow.add(t);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Aten._foreachLerp_(slow, group.parameters(), group.number(ALPHA));
            Aten._foreachCopy_(group.parameters(), slow);
        }
    }
}
