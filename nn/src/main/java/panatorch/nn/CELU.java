package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Continuously differentiable exponential linear unit {@code max(0, x) + min(0, α(exp(x/α) − 1))}, any shape (Barron 2017,
 * arXiv:1704.07483).
 */
public final class CELU extends Module {
    private final double alpha;
    private final boolean inplace;

    public CELU() { this(1, false); }

    public CELU(double alpha) { this(alpha, false); }

    /** @param inplace whether to overwrite the input */
    public CELU(double alpha, boolean inplace) {
        this.alpha = alpha;
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.celu_(input, alpha) : Aten.celu(input, alpha); }

    @Override protected Module recreate() { return new CELU(alpha, inplace); }

    @Override protected String describe() { return "alpha=" + Repr.of(alpha) + (inplace ? ", inplace=True" : ""); }
}
