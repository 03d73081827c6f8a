package panatorch.nn;

/** Pads [N, C, H, W], or the same without N, with zeros. */
public final class ZeroPad2d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom */
    public ZeroPad2d(long... padding) {
        super("constant", 2, padding);
    }

    @Override protected Module recreate() { return new ZeroPad2d(padding); }
}
