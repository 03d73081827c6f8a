package panatorch.optim;

import java.util.Map;

/**
 * Half a cosine from the base rate down to η_min over T₀ steps, then again over T₀·T_mult, and so on (Loshchilov and Hutter 2016, SGDR,
 * arXiv:1608.03983).
 */
public final class CosineAnnealingWarmRestarts extends LRScheduler {
    private final long tMult;
    private final double etaMin;
    /** Steps since the last restart, and from it to the next one. */
    private long current = -1, length;

    /** Uses cycles of equal length down to 0. */
    public CosineAnnealingWarmRestarts(Optimizer optimizer, long t0) {
        this(optimizer, t0, 1, 0);
    }

    public CosineAnnealingWarmRestarts(Optimizer optimizer, long t0, long tMult, double etaMin) {
        super(optimizer);
        positive("the number of steps", t0);
        positive("the multiplier", tMult);
        this.tMult = tMult;
        this.etaMin = etaMin;
        length = t0;
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        return etaMin + (baseLrs.get(i) - etaMin) * (1 + Math.cos(Math.PI * current / length)) / 2;
    }

    @Override public void step() {
        if (lastEpoch < 0) {
            current = 0;
            lastEpoch = 0;
        } else {
            lastEpoch++;
            current++;
            if (current >= length) {
                current %= length;
                length *= tMult;
            }
        }
        apply(this::rate);
    }

    @Override public Map<String, Object> stateDict() {
        Map<String, Object> state = super.stateDict();
        state.put("T_cur", current);
        state.put("T_i", length);
        return state;
    }

    @Override public void loadStateDict(Map<String, ?> state) {
        super.loadStateDict(state);
        current = number(state, "T_cur").longValue();
        length = number(state, "T_i").longValue();
    }
}
