package panatorch.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Sets the modes of a module and of all modules inside, and restores them on {@link #close}. Some of them may train while others evaluate.
 * For use by one thread, because it changes modes.
 *
 * <pre>{@code
 * try (var modes = Modes.evaluation(model)) {
 *     …
 * }
 * }</pre>
 */
public final class Modes implements AutoCloseable {
    private final Map<Module, Boolean> training = new LinkedHashMap<>();

    private Modes(Module model) { for (Module m : model.modules()) training.put(m, m.isTraining()); }

    /** Sets evaluation mode everywhere: nothing is drawn, and no statistics change. */
    public static Modes evaluation(Module model) {
        return new Modes(model).train(m -> false);
    }

    /** Sets training mode for {@link Stochastic} modules, which then draw, and evaluation mode for all others. */
    public static Modes sampling(Module model) {
        return new Modes(model).train(Stochastic.class::isInstance);
    }

    private Modes train(Predicate<? super Module> which) {
        training.keySet().forEach(m -> m.setTraining(which.test(m)));
        return this;
    }

    @Override public void close() { training.forEach(Module::setTraining); }
}
