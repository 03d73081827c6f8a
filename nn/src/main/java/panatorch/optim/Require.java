package panatorch.optim;

import java.util.List;

/** Checks of options. */
final class Require {
    private Require() {}

    /** Options that may contradict each other: looked at where they are used, so that they can be given in any order. */
    interface Consistent {
        /** @throws IllegalArgumentException if they do */
        void check();
    }

    /** {@code options}, which do not contradict each other. */
    static <O> O consistent(O options) {
        if (options instanceof Consistent c) c.check();
        return options;
    }

    static void notNegative(String what, double value) {
        if (!(value >= 0)) throw new IllegalArgumentException(what + " is not negative: " + value);
    }

    /** Decay rates of running averages are in [0, 1). */
    static void decays(List<Double> betas) {
        if (betas.size() != 2) throw new IllegalArgumentException("there are two betas, not " + betas);
        for (double beta : betas) if (!(beta >= 0 && beta < 1)) throw new IllegalArgumentException("betas are at least 0 and below 1: " + betas);
    }
}
