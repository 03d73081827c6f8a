package panatorch.nn;

/** Pads [N, C, D, H, W], or the same without N, by wrapping around. */
public final class CircularPad3d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom, front, back */
    public CircularPad3d(long... padding) {
        super("circular", 3, padding);
    }

    @Override protected Module recreate() { return new CircularPad3d(padding); }
}
