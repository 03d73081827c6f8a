package panatorch.nn;

/** Pads [N, C, L], or the same without N, with zeros. */
public final class ZeroPad1d extends Padding {
    /** @param padding one number for all sides, or left, right */
    public ZeroPad1d(long... padding) { super("constant", 1, padding); }

    @Override protected Module recreate() { return new ZeroPad1d(padding); }
}
