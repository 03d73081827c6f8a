package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Pads [N, C, H, W], or the same without N, with a constant. */
public final class ConstantPad2d extends Padding {
    private final double value;

    /** @param padding one number for all sides, or left, right, top, bottom */
    public ConstantPad2d(double value, long... padding) {
        super("constant", 2, padding);
        this.value = value;
    }

    @Override public Tensor forward(Tensor input) { return Aten.constantPadNd(input, padding, value); }

    @Override protected Module recreate() { return new ConstantPad2d(value, padding); }

    @Override protected String describe() { return "padding=" + Repr.tuple(padding) + ", value=" + Repr.of(value); }
}
