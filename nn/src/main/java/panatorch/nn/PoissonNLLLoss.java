package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/**
 * Poisson negative log-likelihood {@code exp(x) − y x}, or {@code x − y log(x + ε)} if the input is not a logarithm. Input and target have
 * the same shape.
 */
public final class PoissonNLLLoss extends Loss {
    /**
     * Options of the loss. Each method returns changed options.
     *
     * @param logInput whether the input is the logarithm of the rate
     * @param full whether to add Stirling's approximation of {@code log y!}
     * @param eps number that avoids log 0
     * @param reduction reduction over the elements
     */
    public record Options(boolean logInput, boolean full, double eps, Reduction reduction) {
        public Options logInput(boolean on) { return new Options(on, full, eps, reduction); }

        public Options full(boolean on) { return new Options(logInput, on, eps, reduction); }

        public Options eps(double e) { return new Options(logInput, full, e, reduction); }

        public Options reduction(Reduction r) { return new Options(logInput, full, eps, r); }
    }

    /** Returns the defaults: logarithms, without the constant, the mean. */
    public static Options options() {
        return new Options(true, false, 1e-8, Reduction.MEAN);
    }

    private final boolean logInput, full;
    private final double eps;

    public PoissonNLLLoss() { this(options()); }

    public PoissonNLLLoss(Options o) { this(o.logInput, o.full, o.eps, o.reduction); }

    public PoissonNLLLoss(Reduction reduction) { this(options().reduction(reduction)); }

    /**
     * Creates the loss.
     *
     * @param logInput whether the input is the logarithm of the rate
     * @param full whether to add Stirling's approximation of {@code log y!}
     * @param eps number that avoids log 0
     */
    public PoissonNLLLoss(boolean logInput, boolean full, double eps, Reduction reduction) {
        super(reduction);
        this.logInput = logInput;
        this.full = full;
        this.eps = eps;
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Aten.poissonNllLoss(input, target, logInput, full, eps, code()); }

    @Override protected Module recreate() { return new PoissonNLLLoss(logInput, full, eps, reduction); }
}
