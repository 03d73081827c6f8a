package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Pads [N, C, D, H, W], or the same without N, with a constant. */
public final class ConstantPad3d extends Padding {
    private final double value;

    /** @param padding one number for all sides, or left, right, top, bottom, front, back */
    public ConstantPad3d(double value, long... padding) {
        super("constant", 3, padding);
        this.value = value;
    }

    @Override public Tensor forward(Tensor input) { return Aten.constantPadNd(input, padding, value); }

    @Override protected Module recreate() { return new ConstantPad3d(value, padding); }

    @Override protected String describe() { return "padding=" + Repr.tuple(padding) + ", value=" + Repr.of(value); }
}
