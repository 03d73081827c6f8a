package panatorch.optim;

import java.util.List;
import java.util.Map;

/** Applies several schedulers at once. Each continues from the rates that the one before it sets. */
public final class ChainedScheduler extends LRScheduler {
    private final List<LRScheduler> schedulers;

    /**
     * Chains schedulers.
     *
     * @throws IllegalArgumentException if there are none, or they are of different optimisers
     */
    public ChainedScheduler(List<LRScheduler> schedulers) {
        super(schedulers.getFirst().optimizer());
        this.schedulers = ofOne(optimizer(), schedulers);
        note();
    }

    @Override protected double rate(ParameterGroup g, int i) { return g.learningRate(); }

    @Override public void step() {
        schedulers.forEach(LRScheduler::step);
        note();
    }

    @Override void undo() { schedulers.forEach(LRScheduler::undo); }

    @Override public Map<String, Object> stateDict() {
        Map<String, Object> state = super.stateDict();
        state.keySet().retainAll(List.of("_last_lr"));
        state.put("_schedulers", states(schedulers));
        return state;
    }

    @Override public void loadStateDict(Map<String, ?> state) {
        loadAll(schedulers, state.get("_schedulers"));
        note();
    }
}
