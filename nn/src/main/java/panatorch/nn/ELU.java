package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;

/** Exponential linear unit: {@code x} where positive, else {@code α(eˣ − 1)}, any shape (Clevert et al., 2015, arXiv:1511.07289). */
public final class ELU extends Module {
    private final double alpha;
    private final boolean inplace;

    public ELU() { this(1, false); }

    public ELU(double alpha) { this(alpha, false); }

    /** @param inplace whether to overwrite the input */
    public ELU(double alpha, boolean inplace) {
        this.alpha = alpha;
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Nn.elu_(input, alpha) : Nn.elu(input, alpha); }

    @Override protected Module recreate() { return new ELU(alpha, inplace); }

    @Override protected String describe() { return "alpha=" + Repr.of(alpha) + (inplace ? ", inplace=True" : ""); }
}
