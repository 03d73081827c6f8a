package panatorch.nn;

/** Pads [N, C, H, W], or the same without N, by wrapping around. */
public final class CircularPad2d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom */
    public CircularPad2d(long... padding) {
        super("circular", 2, padding);
    }

    @Override protected Module recreate() { return new CircularPad2d(padding); }
}
