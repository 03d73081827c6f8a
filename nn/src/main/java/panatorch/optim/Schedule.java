package panatorch.optim;

/** The learning rate of each step. */
@FunctionalInterface
public interface Schedule {
    /** @param step from 0 */
    double at(long step);

    static Schedule constant(double lr) { return step -> lr; }

    /** Loshchilov and Hutter 2016, arXiv:1608.03983, without restarts: half a cosine from {@code lr} to 0 over {@code steps}. */
    static Schedule cosine(double lr, long steps) {
        checkSteps(steps);
        return step -> lr * (1 + Math.cos(Math.PI * Math.min(step, steps) / steps)) / 2;
    }

    /**
     * Smith and Topin 2017, arXiv:1708.07120, with the defaults of PyTorch's {@code OneCycleLR}: up from {@code lr}/25 over 30 % of the
     * steps, down to {@code lr}/250,000 over the rest, both along half a cosine. The momentum is not cycled.
     */
    static Schedule oneCycle(double lr, long steps) {
        checkSteps(steps);
        double top = 0.3 * steps - 1, end = steps - 1;
        return step -> step <= top ? between(lr / 25, lr, step / top) : between(lr, lr / 25e4, Math.min(1, (step - top) / (end - top)));
    }

    private static double between(double from, double to, double part) { return to + (from - to) / 2 * (Math.cos(Math.PI * part) + 1); }

    private static void checkSteps(long steps) {
        if (steps < 1) throw new IllegalArgumentException("a schedule is of at least one step, not " + steps);
    }
}
