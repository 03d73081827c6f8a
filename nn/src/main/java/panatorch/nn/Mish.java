package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Mish {@code x tanh(softplus(x))}, any shape (Misra 2019, arXiv:1908.08681). */
public final class Mish extends Module {
    private final boolean inplace;

    public Mish() { this(false); }

    /** @param inplace whether to overwrite the input */
    public Mish(boolean inplace) {
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.mish_(input) : Aten.mish(input); }

    @Override protected Module recreate() { return new Mish(inplace); }

    @Override protected String describe() { return inplace ? "inplace=True" : ""; }
}
