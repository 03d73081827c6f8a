package panatorch.distributions;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * Kullback-Leibler divergences KL(p ‖ q) = E_p[log p − log q], for the pairs of distributions for which {@code torch.distributions} has
 * one.
 */
public final class KL {
    private KL() {}

    private record Pair(Class<? extends Distribution> p, Class<? extends Distribution> q) {}

    private static final Map<Pair, BiFunction<Distribution, Distribution, Tensor>> RULES = new ConcurrentHashMap<>();

    static {
        SameKindDivergences.register();
        CrossDivergences.register();
    }

    /**
     * Registers a rule for a pair of classes and their subclasses, or replaces it. A rule of a nearer superclass of p goes first, then that
     * of a nearer superclass of q.
     *
     * @param rule computes divergences [batchShape]; its intermediate tensors are freed for it
     */
    public static <P extends Distribution, Q extends Distribution> void register(Class<P> p, Class<Q> q, BiFunction<P, Q, Tensor> rule) {
        RULES.put(new Pair(p, q), (a, b) -> rule.apply(p.cast(a), q.cast(b)));
    }

    /**
     * Returns KL(p ‖ q), [batchShape], in the current scope.
     *
     * @throws UnsupportedOperationException if no rule is registered for the pair
     */
    public static Tensor divergence(Distribution p, Distribution q) {
        var rule = rule(p.getClass(), q.getClass());
        if (rule == null)
            throw new UnsupportedOperationException("no KL divergence is known of " + p.getClass().getSimpleName() + " from "
                    + q.getClass().getSimpleName()
                    + "; KL.register adds one, and the mean of p.logProb(x) - q.logProb(x) over x = p.rsample(n)"
                    + " estimates it");
        return Distribution.within(() -> rule.apply(p, q));
    }

    private static @Nullable BiFunction<Distribution, Distribution, Tensor> rule(Class<?> p, Class<?> q) {
        for (Class<?> a = p; a != Distribution.class; a = a.getSuperclass()) {
            for (Class<?> b = q; b != Distribution.class; b = b.getSuperclass()) {
                var rule = RULES.get(new Pair(a.asSubclass(Distribution.class), b.asSubclass(Distribution.class)));
                if (rule != null) return rule;
            }
        }
        return null;
    }
}
