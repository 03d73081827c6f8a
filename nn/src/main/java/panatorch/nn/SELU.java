package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Self-normalising {@link ELU}: its scale 1.0507 and α 1.6733 keep mean 0 and variance 1 (Klambauer et al., 2017, arXiv:1706.02515).
 */
public final class SELU extends Module {
    private final boolean inplace;

    public SELU() { this(false); }

    /** @param inplace whether to overwrite the input */
    public SELU(boolean inplace) {
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.selu_(input) : Aten.selu(input); }

    @Override protected Module recreate() { return new SELU(inplace); }

    @Override protected String describe() { return inplace ? "inplace=True" : ""; }
}
