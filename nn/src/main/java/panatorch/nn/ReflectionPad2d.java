package panatorch.nn;

/** Pads [N, C, H, W], or the same without N, by mirroring at the outermost elements, which are not repeated. */
public final class ReflectionPad2d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom */
    public ReflectionPad2d(long... padding) {
        super("reflect", 2, padding);
    }

    @Override protected Module recreate() { return new ReflectionPad2d(padding); }
}
