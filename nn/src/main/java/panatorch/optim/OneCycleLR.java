package panatorch.optim;

import java.util.List;

/**
 * One cycle: the rate rises from {@code max/divFactor} to {@code max} and falls to {@code max/divFactor/finalDivFactor}; the momentum moves
 * the other way (Smith and Topin 2017, arXiv:1708.07120). Step it after each batch, not epoch.
 */
public final class OneCycleLR extends LRScheduler {
    /**
     * Options of {@link OneCycleLR}. Each method returns changed options. {@code maxLr} holds one value for all groups or one for each.
     * {@code threePhase} falls back symmetrically to the initial rate before annealing.
     */
    public record Options(List<Double> maxLr, long totalSteps, double pctStart, boolean linear, boolean cycleMomentum, double baseMomentum,
            double maxMomentum, double divFactor, double finalDivFactor, boolean threePhase) {
        public Options {
            positive("the number of steps", totalSteps);
            if (!(pctStart >= 0 && pctStart <= 1))
                throw new IllegalArgumentException("the fraction of rising steps (pctStart) has to be between 0 and 1, not " + pctStart);
        }

        public Options maxLr(Double... perGroup) {
            return new Options(List.of(perGroup), totalSteps, pctStart, linear, cycleMomentum, baseMomentum, maxMomentum, divFactor,
                    finalDivFactor, threePhase);
        }
        public Options pctStart(double part) {
            return new Options(maxLr, totalSteps, part, linear, cycleMomentum, baseMomentum, maxMomentum, divFactor, finalDivFactor,
                    threePhase);
        }
        public Options linear(boolean on) {
            return new Options(maxLr, totalSteps, pctStart, on, cycleMomentum, baseMomentum, maxMomentum, divFactor, finalDivFactor,
                    threePhase);
        }
        public Options cycleMomentum(boolean on) {
            return new Options(maxLr, totalSteps, pctStart, linear, on, baseMomentum, maxMomentum, divFactor, finalDivFactor, threePhase);
        }
        public Options baseMomentum(double m) {
            return new Options(maxLr, totalSteps, pctStart, linear, cycleMomentum, m, maxMomentum, divFactor, finalDivFactor, threePhase);
        }
        public Options maxMomentum(double m) {
            return new Options(maxLr, totalSteps, pctStart, linear, cycleMomentum, baseMomentum, m, divFactor, finalDivFactor, threePhase);
        }
        public Options divFactor(double f) {
            return new Options(maxLr, totalSteps, pctStart, linear, cycleMomentum, baseMomentum, maxMomentum, f, finalDivFactor,
                    threePhase);
        }
        public Options finalDivFactor(double f) {
            return new Options(maxLr, totalSteps, pctStart, linear, cycleMomentum, baseMomentum, maxMomentum, divFactor, f, threePhase);
        }
        public Options threePhase(boolean on) {
            return new Options(maxLr, totalSteps, pctStart, linear, cycleMomentum, baseMomentum, maxMomentum, divFactor, finalDivFactor,
                    on);
        }
    }

    /** A phase of the cycle, between entries of the parameter group. */
    private record Phase(double end, String fromLr, String toLr, String fromMomentum, String toMomentum) {}

    /**
     * Returns a rise over 30 % of the steps from 1/25 of the maximum and a fall to 1/250,000 along half cosines; momentum from 0.95 to 0.85
     * and back.
     */
    public static Options options(double maxLr, long totalSteps) {
        return new Options(List.of(maxLr), totalSteps, 0.3, false, true, 0.85, 0.95, 25, 1e4, false);
    }

    private final Options o;
    private final List<Phase> phases;

    public OneCycleLR(Optimizer optimizer, Options options) { this(optimizer, options, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public OneCycleLR(Optimizer optimizer, Options options, long lastEpoch) {
        super(lastEpoch == -1 ? prepared(optimizer, options) : optimizer, lastEpoch);
        o = options;
        double top = o.pctStart * o.totalSteps - 1, end = o.totalSteps - 1;
        var up = new Phase(top, "initial_lr", "max_lr", "max_momentum", "base_momentum");
        phases = o.threePhase
                ? List.of(up, new Phase(2 * o.pctStart * o.totalSteps - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                        new Phase(end, "initial_lr", "min_lr", "max_momentum", "max_momentum"))
                : List.of(up, new Phase(end, "max_lr", "min_lr", "base_momentum", "max_momentum"));
        begin();
    }

    private static Optimizer prepared(Optimizer optimizer, Options o) {
        for (int i = 0; i < optimizer.groups().size(); i++) {
            ParameterGroup g = optimizer.groups().get(i);
            double max = of(o.maxLr, i, optimizer, "the highest rate");
            g.set("initial_lr", max / o.divFactor);
            g.set("max_lr", max);
            g.set("min_lr", max / o.divFactor / o.finalDivFactor);
            if (o.cycleMomentum) beginMomentumCycle(g, o.baseMomentum, o.maxMomentum);
        }
        return optimizer;
    }

    /**
     * Returns the rate, and sets the momentum too.
     *
     * @throws IllegalStateException after more than the total number of steps
     */
    @Override protected double rate(ParameterGroup g, int i) {
        if (lastEpoch > o.totalSteps) throw new IllegalStateException("the cycle ended after its " + o.totalSteps + " steps");
        double start = 0;
        for (Phase p : phases) {
            if (lastEpoch > p.end && p != phases.getLast()) {
                start = p.end;
                continue;
            }
            double part = (lastEpoch - start) / (p.end - start);
            if (o.cycleMomentum) setMomentum(g, between(g.number(p.fromMomentum), g.number(p.toMomentum), part));
            return between(g.number(p.fromLr), g.number(p.toLr), part);
        }
        throw new AssertionError();
    }

    private double between(double from, double to, double part) {
        return o.linear ? (to - from) * part + from : to + (from - to) / 2 * (Math.cos(Math.PI * part) + 1);
    }
}
