package panatorch.optim;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** One scheduler after another, each beginning anew at its milestone: warm-up, then decay. */
public final class SequentialLR extends LRScheduler {
    private final List<LRScheduler> schedulers;
    private final long[] milestones;

    /**
     * @param milestones first steps of all schedulers but the first
     * @throws IllegalArgumentException if there are not as many, or the schedulers are of another optimiser
     */
    public SequentialLR(Optimizer optimizer, List<LRScheduler> schedulers, long... milestones) {
        super(optimizer);
        this.schedulers = ofOne(optimizer, schedulers);
        if (milestones.length != schedulers.size() - 1) throw new IllegalArgumentException("there are " + milestones.length + " milestones between " + schedulers.size() + " schedulers");
        this.milestones = milestones.clone();
        lastEpoch = 0;
        for (ParameterGroup g : optimizer.groups()) g.setLearningRate(g.number("initial_lr"));
        // Each has set its first rates over the ones before; only the first of them is to.
        undo();
        at(0).begin();
        note();
    }

    @Override protected double rate(ParameterGroup g, int i) { return g.learningRate(); }

    private LRScheduler at(long step) { return schedulers.get((int) Arrays.stream(milestones).filter(m -> m <= step).count()); }

    @Override public void step() {
        lastEpoch++;
        LRScheduler current = at(lastEpoch);
        if (current != at(lastEpoch - 1)) current.restart();
        else current.step();
        note();
    }

    @Override void undo() { schedulers.forEach(LRScheduler::undo); }

    @Override public Map<String, Object> stateDict() {
        Map<String, Object> state = super.stateDict();
        state.keySet().retainAll(List.of("last_epoch", "_last_lr"));
        state.put("_schedulers", states(schedulers));
        return state;
    }

    @Override public void loadStateDict(Map<String, ?> state) {
        lastEpoch = number(state, "last_epoch").longValue();
        loadAll(schedulers, state.get("_schedulers"));
        note();
    }
}
