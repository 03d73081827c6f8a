package panatorch.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The modes of a module and of all inside, of which some may be frozen in evaluation mode while others train: put back by {@link #close}. One thread's, as changing modes is.
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

    /** Nothing is drawn, and no statistics change. */
    public static Modes evaluation(Module model) { return new Modes(model).train(m -> false); }

    /** What is {@link Stochastic} draws, and all else evaluates. */
    public static Modes sampling(Module model) { return new Modes(model).train(Stochastic.class::isInstance); }

    private Modes train(Predicate<? super Module> which) {
        training.keySet().forEach(m -> m.setTraining(which.test(m)));
        return this;
    }

    @Override public void close() { training.forEach(Module::setTraining); }
}
