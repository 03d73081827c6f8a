package panatorch.nn.dropout.distillation;

import java.util.LinkedHashMap;
import java.util.Map;
import panatorch.nn.Module;
import panatorch.nn.Stochastic;

/** A network's modes for a while: each module's own is back when this is closed. One thread's, as training is. */
final class Modes implements AutoCloseable {
    private final Map<Module, Boolean> before = new LinkedHashMap<>();

    private Modes(Module network) { for (Module m : network.modules()) before.put(m, m.isTraining()); }

    /** Nothing is drawn, and no statistics change. */
    static Modes evaluation(Module network) {
        var modes = new Modes(network);
        network.eval();
        return modes;
    }

    /** What is {@link Stochastic} draws, all else is in evaluation mode. */
    static Modes sampling(Module network) {
        var modes = new Modes(network);
        modes.before.keySet().forEach(m -> m.train(m instanceof Stochastic)); // outer before inner: what is inside has its own say after
        return modes;
    }

    @Override public void close() { before.forEach(Module::train); }
}
