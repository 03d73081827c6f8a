package panatorch.optim;

import java.util.List;
import java.util.Map;
import panatorch.Tensor;

/**
 * An optimiser that uses the steps of another one. Both have the same groups and the same state, so that schedulers and state dicts of one
 * are those of the other. The wrapper's settings are entries of the groups.
 */
abstract class OptimizerWrapper extends Optimizer {
    final Optimizer wrapped;
    private final Map<String, Object> settings;

    OptimizerWrapper(Optimizer wrapped, Map<String, Object> settings) {
        super(wrapped);
        this.wrapped = wrapped;
        this.settings = settings;
        groups().forEach(this::addSettings);
    }

    private void addSettings(ParameterGroup group) {
        settings.forEach((key, value) -> {
            if (!group.has(key)) group.set(key, value);
        });
    }

    @Override public final void addParamGroup(List<Tensor> parameters, Record options) {
        wrapped.addParamGroup(parameters, options);
        addSettings(groups().getLast());
    }

    /** Returns false: a fused step decides on the device whether it is done, and a wrapper has to know. */
    @Override public final boolean supportsScaledStep() {
        return false;
    }

    @Override protected final void update(ParameterBucket bucket) { throw new AssertionError("the wrapped optimiser steps"); }

    /** Frees the state, which is also that of the wrapped optimiser. Closing twice is harmless. */
    @Override public void close() {
        wrapped.close();
    }

    @Override public String toString() { return getClass().getSimpleName() + " of " + wrapped; }
}
