package panatorch.optim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Multiplies the rate by a factor when a measure, such as the validation loss, has not improved for a number of epochs. Step it with the
 * measure after each epoch. It is not an {@link LRScheduler}, because that one's step takes no measure.
 */
public final class ReduceLROnPlateau {
    /**
     * Options of the scheduler. Each method returns changed options.
     *
     * @param maximize whether larger values are better
     * @param factor factor of the rate, below 1
     * @param patience number of epochs without improvement that are tolerated
     * @param threshold smallest improvement that counts, as a fraction of the best value so far or, with {@code absolute}, as a difference
     * @param absolute whether {@code threshold} is a difference
     * @param cooldown number of epochs after a reduction that do not count
     * @param minLr lowest rate, one for all groups or one for each
     * @param eps smallest reduction that is made
     */
    public record Options(boolean maximize, double factor, long patience, double threshold, boolean absolute, long cooldown,
            List<Double> minLr, double eps) {
        public Options {
            if (!(factor < 1)) throw new IllegalArgumentException("the factor has to be below 1, not " + factor);
        }

        public Options maximize(boolean on) { return new Options(on, factor, patience, threshold, absolute, cooldown, minLr, eps); }
        public Options factor(double f) { return new Options(maximize, f, patience, threshold, absolute, cooldown, minLr, eps); }
        public Options patience(long epochs) { return new Options(maximize, factor, epochs, threshold, absolute, cooldown, minLr, eps); }
        public Options threshold(double t) { return new Options(maximize, factor, patience, t, absolute, cooldown, minLr, eps); }
        public Options absolute(boolean on) { return new Options(maximize, factor, patience, threshold, on, cooldown, minLr, eps); }
        public Options cooldown(long epochs) { return new Options(maximize, factor, patience, threshold, absolute, epochs, minLr, eps); }
        public Options minLr(double lr) { return minLr(List.of(lr)); }
        public Options minLr(List<Double> ofGroups) {
            return new Options(maximize, factor, patience, threshold, absolute, cooldown, ofGroups, eps);
        }
        public Options eps(double e) { return new Options(maximize, factor, patience, threshold, absolute, cooldown, minLr, e); }
    }

    /** Returns a reduction to a tenth after 10 epochs in which the measure has not fallen by 0.01 %. */
    public static Options options() {
        return new Options(false, 0.1, 10, 1e-4, false, 0, List.of(0.0), 1e-8);
    }

    private final Optimizer optimizer;
    private final Options o;
    private double best;
    private long badEpochs, cooldown, lastEpoch;

    /**
     * Creates the scheduler.
     *
     * @throws IllegalArgumentException if there is neither one lowest rate nor one for each group
     */
    public ReduceLROnPlateau(Optimizer optimizer, Options options) {
        LRScheduler.of(options.minLr, 0, optimizer, "the lowest rate");
        this.optimizer = optimizer;
        o = options;
        best = o.maximize ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }

    /** Returns whether higher measures count as better. */
    public boolean maximizes() { return o.maximize; }

    public void step(double measure) {
        lastEpoch++;
        if (isBetter(measure)) {
            best = measure;
            badEpochs = 0;
        } else {
            badEpochs++;
        }
        if (cooldown > 0) {
            cooldown--;
            badEpochs = 0;
        }
        if (badEpochs <= o.patience) return;
        for (int i = 0; i < optimizer.groups().size(); i++) {
            ParameterGroup g = optimizer.groups().get(i);
            double lower = Math.max(g.learningRate() * o.factor, LRScheduler.of(o.minLr, i, optimizer, "the lowest rate"));
            if (g.learningRate() - lower > o.eps) g.setLearningRate(lower);
        }
        cooldown = o.cooldown;
        badEpochs = 0;
    }

    private boolean isBetter(double measure) {
        if (o.maximize) return measure > (o.absolute ? best + o.threshold : best * (1 + o.threshold));
        return measure < (o.absolute ? best - o.threshold : best * (1 - o.threshold));
    }

    public List<Double> lastLr() { return LRScheduler.numbers(optimizer, "lr"); }

    /** Returns the state under Python's names. */
    public Map<String, Object> stateDict() {
        var state = new LinkedHashMap<String, Object>();
        state.put("best", best);
        state.put("num_bad_epochs", badEpochs);
        state.put("cooldown_counter", cooldown);
        state.put("last_epoch", lastEpoch);
        state.put("_last_lr", lastLr());
        return state;
    }

    public void loadStateDict(Map<String, ?> state) {
        best = LRScheduler.number(state, "best").doubleValue();
        badEpochs = LRScheduler.number(state, "num_bad_epochs").longValue();
        cooldown = LRScheduler.number(state, "cooldown_counter").longValue();
        lastEpoch = LRScheduler.number(state, "last_epoch").longValue();
    }
}
