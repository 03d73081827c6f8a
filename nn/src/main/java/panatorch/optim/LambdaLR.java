package panatorch.optim;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.LongToDoubleFunction;

/** Multiplies the base rate by a function of the step. */
public final class LambdaLR extends LRScheduler {
    private final List<LongToDoubleFunction> factors;

    public LambdaLR(Optimizer optimizer, LongToDoubleFunction factor) { this(optimizer, List.of(factor)); }

    /**
     * Multiplies the base rates by functions of the step.
     *
     * @param factors one function for all groups, or one for each
     */
    public LambdaLR(Optimizer optimizer, List<LongToDoubleFunction> factors) { this(optimizer, factors, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public LambdaLR(Optimizer optimizer, List<LongToDoubleFunction> factors, long lastEpoch) {
        super(optimizer, lastEpoch);
        if (factors.size() != 1 && factors.size() != optimizer.groups().size())
            throw new IllegalArgumentException("there are " + factors.size() + " functions for " + optimizer.groups().size() + " groups");
        this.factors = List.copyOf(factors);
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        return baseLrs.get(i) * factors.get(factors.size() == 1 ? 0 : i).applyAsDouble(lastEpoch);
    }

    /** Returns the state without functions, which are not saved; Python expects an entry for them. */
    @Override public Map<String, Object> stateDict() {
        Map<String, Object> state = super.stateDict();
        state.put("lr_lambdas", Collections.nCopies(optimizer().groups().size(), null));
        return state;
    }
}
