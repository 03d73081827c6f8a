package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Piecewise linear sigmoid {@code relu6(x + 3) / 6}, any shape. */
public final class Hardsigmoid extends Module {
    private final boolean inplace;

    public Hardsigmoid() { this(false); }

    /** @param inplace whether to overwrite the input */
    public Hardsigmoid(boolean inplace) {
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.hardsigmoid_(input) : Aten.hardsigmoid(input); }

    @Override protected Module recreate() { return new Hardsigmoid(inplace); }
}
