package panatorch.optim;

import java.util.List;

/** Checks of options. */
final class Require {
    private Require() {}

    /** Options that may contradict each other. They are checked where they are used, so that they can be set in any order. */
    interface Consistent {
        /**
         * Checks the options.
         *
         * @throws IllegalArgumentException if they contradict each other
         */
        void check();
    }

    /** Returns {@code options} after checking that they do not contradict each other. */
    static <O> O consistent(O options) {
        if (options instanceof Consistent c) c.check();
        return options;
    }

    static void notNegative(String what, double value) {
        if (!(value >= 0)) throw new IllegalArgumentException(what + " has to be at least 0, not " + value);
    }

    /** Checks that both decay rates of running averages are in [0, 1). */
    static void decays(List<Double> betas) { decays(betas, 2); }

    /** Checks that there are {@code count} decay rates of running averages, all in [0, 1). */
    static void decays(List<Double> betas, int count) {
        if (betas.size() != count) throw new IllegalArgumentException(count + " betas are needed, not " + betas);
        for (double beta : betas)
            if (!(beta >= 0 && beta < 1))
                throw new IllegalArgumentException("betas have to be at least 0 and below 1, not " + betas);
    }
}
