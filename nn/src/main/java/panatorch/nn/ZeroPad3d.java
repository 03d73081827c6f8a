package panatorch.nn;

/** Pads [N, C, D, H, W], or the same without N, with zeros. */
public final class ZeroPad3d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom, front, back */
    public ZeroPad3d(long... padding) {
        super("constant", 3, padding);
    }

    @Override protected Module recreate() { return new ZeroPad3d(padding); }
}
