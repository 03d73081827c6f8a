package panatorch.nn;

import panatorch.Tensor;

/** Rectified linear unit {@code max(0, x)}, any shape. */
public final class ReLU extends Module {
    private final boolean inplace;

    public ReLU() { this(false); }

    /** @param inplace whether to overwrite the input */
    public ReLU(boolean inplace) {
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? input.relu_() : input.relu(); }

    @Override protected Module recreate() { return new ReLU(inplace); }

    @Override protected String describe() { return inplace ? "inplace=True" : ""; }
}
