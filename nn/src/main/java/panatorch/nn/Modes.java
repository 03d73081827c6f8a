package panatorch.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The modes of a module and of all inside, of which some may be frozen in evaluation mode while others train: put back by {@link #close}.
 *
 * <pre>{@code
 * try (var modes = Modes.keep(model)) {
 *     model.eval();
 *     …
 * }
 * }</pre>
 */
public final class Modes implements AutoCloseable {
    private final Map<Module, Boolean> training = new LinkedHashMap<>();

    private Modes(Module model) { for (Module m : model.modules()) training.put(m, m.isTraining()); }

    public static Modes keep(Module model) { return new Modes(model); }

    /** Has those modules train that {@code which} tells, and all others evaluate. */
    public Modes train(Predicate<? super Module> which) {
        training.keySet().forEach(m -> m.setTraining(which.test(m)));
        return this;
    }

    @Override public void close() { training.forEach(Module::setTraining); }
}
