package panatorch.train;

import java.util.LinkedHashMap;
import java.util.Map;
import panatorch.nn.Module;

/** Which parts of a model were in training mode: some may be frozen in evaluation mode. */
record Modes(Map<Module, Boolean> training) {
    static Modes of(Module model) {
        var training = new LinkedHashMap<Module, Boolean>();
        for (Module m : model.modules()) training.put(m, m.isTraining());
        return new Modes(training);
    }

    /** Outer before inner, as the modules are listed. */
    void restore() { training.forEach(Module::train); }
}
