package panatorch.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes the learning rates of an optimiser's groups from step to step, or epoch to epoch, depending on where {@link #step} is called.
 * Each rate starts at the group's {@code initial_lr}, its rate when the first scheduler was created. Creating a scheduler sets the first
 * rates.
 *
 * <pre>
 * optimizer.step(); scheduler.step();
 * </pre>
 *
 * <p>
 * Most schedulers compute a rate from the previous one, as PyTorch's do, so that several can act together ({@link ChainedScheduler}). Owns
 * nothing native. For use by one thread.
 */
public abstract class LRScheduler {
    private final Optimizer optimizer;
    /** The base rates of the schedule, one a group. */
    protected List<Double> baseLrs;
    /** The number of steps so far; 0 after construction, unless the schedule goes on after others. */
    protected long lastEpoch;
    long stepCount;
    private boolean initial;
    private List<Double> lastLr = List.of();

    protected LRScheduler(Optimizer optimizer) { this(optimizer, -1); }

    /**
     * Begins a schedule, or goes on after a step. Going on, the first rates are computed from the groups' present ones.
     *
     * @param lastEpoch number of steps done before; -1 to begin
     * @throws IllegalArgumentException if a schedule goes on and a group has no {@code initial_lr}
     */
    protected LRScheduler(Optimizer optimizer, long lastEpoch) {
        if (lastEpoch < -1) throw new IllegalArgumentException("lastEpoch has to be at least -1, not " + lastEpoch);
        this.optimizer = optimizer;
        this.lastEpoch = lastEpoch;
        for (ParameterGroup g : optimizer.groups()) {
            if (g.has("initial_lr")) continue;
            if (lastEpoch != -1)
                throw new IllegalArgumentException("a group of the optimiser has no initial_lr, from which the schedule would go on after "
                        + "step " + lastEpoch + "; load the optimiser's state first, or leave out lastEpoch");
            g.set("initial_lr", g.learningRate());
        }
        baseLrs = numbers(optimizer, "initial_lr");
    }

    static List<Double> numbers(Optimizer optimizer, String key) { return optimizer.groups().stream().map(g -> g.number(key)).toList(); }

    public final Optimizer optimizer() { return optimizer; }

    /**
     * Computes the rate of a group at {@link #lastEpoch}, from its previous rate if that is enough.
     *
     * @param group the group
     * @param i the group's index
     */
    protected abstract double rate(ParameterGroup group, int i);

    /** Computes {@link #rate} from {@link #baseLrs} alone, for schedulers that begin in the middle of others. */
    protected double closedForm(ParameterGroup group, int i) {
        return rate(group, i);
    }

    /** Sets the first rates. Call it at the end of a constructor. */
    protected final void begin() {
        stepCount = 0;
        initial = true;
        step();
        initial = false;
    }

    /** Returns whether the first rates are being set. */
    protected final boolean isInitial() { return initial; }

    /** Sets the rates of the next step. */
    public void step() {
        stepCount++;
        lastEpoch++;
        apply(this::rate);
    }

    /** Starts again at step 0, after other schedulers. */
    final void restart() {
        lastEpoch = 0;
        apply(this::closedForm);
    }

    /** Goes back one step without changing the rates. */
    void undo() { lastEpoch--; }

    @FunctionalInterface
    interface Rates { double of(ParameterGroup group, int i); }

    final void apply(Rates rates) {
        List<ParameterGroup> groups = optimizer.groups();
        var values = new ArrayList<Double>();
        for (int i = 0; i < groups.size(); i++) values.add(rates.of(groups.get(i), i));
        for (int i = 0; i < groups.size(); i++) groups.get(i).setLearningRate(values.get(i));
        note();
    }

    final void note() { lastLr = numbers(optimizer, "lr"); }

    /** Returns the current rates, one a group. */
    public final List<Double> lastLr() { return lastLr; }

    /**
     * Returns the state under Python's names; Java and Python can load each other's. It does not contain the constructor's options.
     */
    public Map<String, Object> stateDict() {
        var state = new LinkedHashMap<String, Object>();
        state.put("base_lrs", baseLrs);
        state.put("last_epoch", lastEpoch);
        state.put("_step_count", stepCount);
        state.put("_last_lr", lastLr);
        return state;
    }

    /** Restores a state of {@link #stateDict}. The rates themselves belong to the optimiser and are loaded with it. */
    public void loadStateDict(Map<String, ?> state) {
        if (state.get("base_lrs") instanceof List<?>) baseLrs = doubles(state, "base_lrs");
        lastEpoch = number(state, "last_epoch").longValue();
        stepCount = number(state, "_step_count").longValue();
        lastLr = doubles(state, "_last_lr");
    }

    static Number number(Map<String, ?> state, String key) {
        if (state.get(key) instanceof Number n) return n;
        throw new IllegalArgumentException("the scheduler's state has no number '" + key + "'");
    }

    static List<Double> doubles(Map<String, ?> state, String key) {
        if (state.get(key) instanceof List<?> list) return list.stream().map(v -> ((Number) v).doubleValue()).toList();
        throw new IllegalArgumentException("the scheduler's state has no list '" + key + "'");
    }

    /** Returns the value for group i from one value for all groups, or one for each. */
    static double of(List<Double> values, int i, Optimizer optimizer, String what) {
        if (values.size() != 1 && values.size() != optimizer.groups().size())
            throw new IllegalArgumentException(what + " has to be one number, or one for each group, not " + values);
        return values.get(values.size() == 1 ? 0 : i);
    }

    /**
     * Sets the momentum, or Adam's β₁.
     *
     * @throws IllegalArgumentException if the optimiser has neither
     */
    static void setMomentum(ParameterGroup g, double value) {
        if (g.get("betas") instanceof List<?> betas) {
            var changed = new ArrayList<Object>(betas);
            changed.set(0, value);
            g.set("betas", changed);
        } else if (g.has("momentum")) g.set("momentum", value);
        else throw new IllegalArgumentException("the optimiser has no momentum to cycle; use cycleMomentum(false)");
    }

    /** Begins a cycle of the momentum at its upper end. The group stores both bounds, as in Python. */
    static void beginMomentumCycle(ParameterGroup g, double base, double max) {
        setMomentum(g, max);
        g.set("max_momentum", max);
        g.set("base_momentum", base);
    }

    static void positive(String what, double value) {
        if (!(value > 0)) throw new IllegalArgumentException(what + " has to be positive, not " + value);
    }

    /** Checks the schedulers of a scheduler that combines several. */
    static List<LRScheduler> ofOne(Optimizer optimizer, List<LRScheduler> schedulers) {
        if (schedulers.isEmpty()) throw new IllegalArgumentException("the list of schedulers is empty");
        for (LRScheduler s : schedulers)
            if (s.optimizer != optimizer)
                throw new IllegalArgumentException("the schedulers belong to different optimisers");
        return List.copyOf(schedulers);
    }

    static List<Object> states(List<LRScheduler> schedulers) {
        return new ArrayList<>(schedulers.stream().map(LRScheduler::stateDict).toList());
    }

    @SuppressWarnings("unchecked") static void loadAll(List<LRScheduler> schedulers, @Nullable Object states) {
        if (!(states instanceof List<?> list) || list.size() != schedulers.size())
            throw new IllegalArgumentException("the state belongs to other schedulers");
        for (int i = 0; i < list.size(); i++) schedulers.get(i).loadStateDict((Map<String, ?>) list.get(i));
    }
}
