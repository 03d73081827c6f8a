package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Sigmoid linear unit {@code x σ(x)}, also known as swish, any shape (Elfwing et al., 2017, arXiv:1702.03118). */
public final class SiLU extends Module {
    private final boolean inplace;

    public SiLU() { this(false); }

    /** @param inplace whether to overwrite the input */
    public SiLU(boolean inplace) {
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.silu_(input) : Aten.silu(input); }

    @Override protected Module recreate() { return new SiLU(inplace); }

    @Override protected String describe() { return inplace ? "inplace=True" : ""; }
}
