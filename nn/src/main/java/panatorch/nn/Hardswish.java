package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Hard swish {@code x relu6(x + 3) / 6}, any shape (Howard et al., 2019, arXiv:1905.02244). */
public final class Hardswish extends Module {
    private final boolean inplace;

    public Hardswish() { this(false); }

    /** @param inplace whether to overwrite the input */
    public Hardswish(boolean inplace) {
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.hardswish_(input) : Aten.hardswish(input); }

    @Override protected Module recreate() { return new Hardswish(inplace); }
}
