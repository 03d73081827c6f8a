package panatorch.optim;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * Moves the rate up and down between two bounds linearly, and the momentum the other way (Smith 2015, arXiv:1506.01186). Step it after each
 * batch, not epoch.
 */
public final class CyclicLR extends LRScheduler {
    /**
     * Options of {@link CyclicLR}. Each method returns changed options. {@code baseLr} and {@code maxLr} hold one value for all groups or
     * one for each.
     *
     * @param scale factor of the height of a cycle, as a function of the cycle's number from 1 or, with {@code perStep}, of the step from 0
     */
    public record Options(List<Double> baseLr, List<Double> maxLr, long stepSizeUp, long stepSizeDown, DoubleUnaryOperator scale,
            boolean perStep, boolean cycleMomentum, double baseMomentum, double maxMomentum) {
        public Options {
            positive("the number of steps up", stepSizeUp);
            if (stepSizeDown < 0) throw new IllegalArgumentException("the number of steps down has to be at least 0, not " + stepSizeDown);
        }

        public Options bounds(List<Double> base, List<Double> max) {
            return new Options(base, max, stepSizeUp, stepSizeDown, scale, perStep, cycleMomentum, baseMomentum, maxMomentum);
        }
        public Options steps(long up, long down) {
            return new Options(baseLr, maxLr, up, down, scale, perStep, cycleMomentum, baseMomentum, maxMomentum);
        }
        /** Makes each cycle half as high as the one before. */
        public Options triangular2() {
            return scale(cycle -> 1 / Math.pow(2, cycle - 1), false);
        }
        /** Multiplies the height by γ at each step. */
        public Options expRange(double gamma) {
            return scale(step -> Math.pow(gamma, step), true);
        }
        public Options scale(DoubleUnaryOperator factor, boolean byStep) {
            return new Options(baseLr, maxLr, stepSizeUp, stepSizeDown, factor, byStep, cycleMomentum, baseMomentum, maxMomentum);
        }
        public Options cycleMomentum(boolean on) {
            return new Options(baseLr, maxLr, stepSizeUp, stepSizeDown, scale, perStep, on, baseMomentum, maxMomentum);
        }
        public Options momentum(double base, double max) {
            return new Options(baseLr, maxLr, stepSizeUp, stepSizeDown, scale, perStep, cycleMomentum, base, max);
        }
    }

    /** Returns 2,000 steps up and as many down, cycles of equal height, and momentum between 0.9 and 0.8. */
    public static Options options(double baseLr, double maxLr) {
        return new Options(List.of(baseLr), List.of(maxLr), 2000, 2000, cycle -> 1, false, true, 0.8, 0.9);
    }

    private final Options o;

    public CyclicLR(Optimizer optimizer, Options options) { this(optimizer, options, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public CyclicLR(Optimizer optimizer, Options options, long lastEpoch) {
        super(lastEpoch == -1 ? prepared(optimizer, options) : optimizer, lastEpoch);
        o = options;
        begin();
    }

    private static Optimizer prepared(Optimizer optimizer, Options o) {
        for (int i = 0; i < optimizer.groups().size(); i++) {
            ParameterGroup g = optimizer.groups().get(i);
            g.setLearningRate(of(o.baseLr, i, optimizer, "the lower bound"));
            if (o.cycleMomentum) beginMomentumCycle(g, o.baseMomentum, o.maxMomentum);
        }
        return optimizer;
    }

    /** Returns the rate, and sets the momentum too. */
    @Override protected double rate(ParameterGroup g, int i) {
        double total = o.stepSizeUp + o.stepSizeDown, ratio = o.stepSizeUp / total;
        double cycle = Math.floor(1 + lastEpoch / total), x = 1 + lastEpoch / total - cycle;
        double height = (x <= ratio ? x / ratio : (x - 1) / (ratio - 1)) * o.scale.applyAsDouble(o.perStep ? lastEpoch : cycle);
        if (o.cycleMomentum) setMomentum(g, o.maxMomentum - (o.maxMomentum - o.baseMomentum) * height);
        // Python begins at the group's initial_lr, which differs if another scheduler was there before.
        double base = isInitial() ? baseLrs.get(i) : of(o.baseLr, i, optimizer(), "the lower bound");
        double max = of(o.maxLr, i, optimizer(), "the upper bound");
        return base + (max - base) * height;
    }

    /** Returns the state without functions, which are not saved; Python expects an entry for them. */
    @Override public Map<String, Object> stateDict() {
        Map<String, Object> state = super.stateDict();
        state.put("_scale_fn_custom", null);
        return state;
    }
}
