package panatorch.nn;

/** Pads [N, C, L], or the same without N, by wrapping around. */
public final class CircularPad1d extends Padding {
    /** @param padding one number for all sides, or left, right */
    public CircularPad1d(long... padding) { super("circular", 1, padding); }

    @Override protected Module recreate() { return new CircularPad1d(padding); }
}
