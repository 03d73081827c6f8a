package panatorch.optim;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Runs schedulers one after another, each starting anew at its milestone: warm-up, then decay. */
public final class SequentialLR extends LRScheduler {
    private final List<LRScheduler> schedulers;
    private final long[] milestones;

    /**
     * Creates the scheduler.
     *
     * @param milestones first steps of all schedulers but the first
     * @throws IllegalArgumentException if there is not one milestone fewer than schedulers, or the schedulers are of another optimiser
     */
    public SequentialLR(Optimizer optimizer, List<LRScheduler> schedulers, long... milestones) {
        this(optimizer, schedulers, milestones, -1);
    }

    /**
     * Counts from a step, as Python does. The schedulers and rates begin anew all the same; {@link #loadStateDict} is what resumes them.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public SequentialLR(Optimizer optimizer, List<LRScheduler> schedulers, long[] milestones, long lastEpoch) {
        super(optimizer, lastEpoch);
        this.schedulers = ofOne(optimizer, schedulers);
        if (milestones.length != schedulers.size() - 1)
            throw new IllegalArgumentException(schedulers.size() + " schedulers need " + (schedulers.size() - 1) + " milestones, not "
                    + milestones.length);
        this.milestones = milestones.clone();
        this.lastEpoch = lastEpoch + 1;
        for (ParameterGroup g : optimizer.groups()) g.setLearningRate(g.number("initial_lr"));
        // Each scheduler has set its first rates over those of the ones before; only the first one's should apply.
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
