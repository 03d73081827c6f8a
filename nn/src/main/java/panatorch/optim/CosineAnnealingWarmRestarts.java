package panatorch.optim;

import java.util.Map;

/**
 * Half a cosine from the base rate down to η_min over T₀ steps, then again over T₀·T_mult, and so on (Loshchilov and Hutter 2016, SGDR,
 * arXiv:1608.03983).
 */
public final class CosineAnnealingWarmRestarts extends LRScheduler {
    private final long tMult;
    private final double etaMin;
    private final long t0;
    /** Steps since the last restart, which may be a fraction, and from it to the next one. */
    private double current;
    private long length;

    /** Uses cycles of equal length down to 0. */
    public CosineAnnealingWarmRestarts(Optimizer optimizer, long t0) {
        this(optimizer, t0, 1, 0);
    }

    public CosineAnnealingWarmRestarts(Optimizer optimizer, long t0, long tMult, double etaMin) { this(optimizer, t0, tMult, etaMin, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public CosineAnnealingWarmRestarts(Optimizer optimizer, long t0, long tMult, double etaMin, long lastEpoch) {
        super(optimizer, lastEpoch);
        positive("the number of steps", t0);
        positive("the multiplier", tMult);
        this.t0 = t0;
        this.tMult = tMult;
        this.etaMin = etaMin;
        current = lastEpoch;
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

    /**
     * Sets the rates of a given epoch, which may be a fraction: {@code step(epoch + i / iterations)} after each batch. The next
     * {@link #step()} goes on from there.
     *
     * @param epoch the epoch, at least 0
     */
    public void step(double epoch) {
        if (!(epoch >= 0) || Double.isInfinite(epoch))
            throw new IllegalArgumentException("the epoch has to be a number of at least 0, not " + epoch);
        current = epoch;
        length = t0;
        if (epoch >= t0) {
            if (tMult == 1) {
                current = epoch % t0;
            } else {
                // the sum of the first n cycles is t0 (tMultⁿ − 1) / (tMult − 1)
                int n = (int) (Math.log(epoch / t0 * (tMult - 1) + 1) / Math.log(tMult));
                current = epoch - t0 * (Math.pow(tMult, n) - 1) / (tMult - 1);
                length = (long) (t0 * Math.pow(tMult, n));
            }
        }
        lastEpoch = (long) Math.floor(epoch);
        apply(this::rate);
    }

    @Override public Map<String, Object> stateDict() {
        Map<String, Object> state = super.stateDict();
        if (current == Math.rint(current)) state.put("T_cur", (long) current);
        else state.put("T_cur", current);
        state.put("T_i", length);
        return state;
    }

    @Override public void loadStateDict(Map<String, ?> state) {
        super.loadStateDict(state);
        current = number(state, "T_cur").doubleValue();
        length = number(state, "T_i").longValue();
    }
}
