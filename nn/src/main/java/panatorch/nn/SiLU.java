package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** {@code x σ(x)}, any shape; also known as swish (Elfwing et al., 2017, arXiv:1702.03118). */
public final class SiLU extends Module {
    private final boolean inplace;

    public SiLU() { this(false); }

    /** @param inplace whether the input is overwritten */
    public SiLU(boolean inplace) {
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.silu_(input) : Aten.silu(input); }

    @Override protected Module recreate() { return new SiLU(inplace); }

    @Override protected String describe() { return inplace ? "inplace=True" : ""; }
}
