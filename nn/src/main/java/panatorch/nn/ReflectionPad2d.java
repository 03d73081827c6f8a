package panatorch.nn;

/** Puts the input mirrored at its outermost elements, which are not repeated around [N, C, H, W] or the same without N. */
public final class ReflectionPad2d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom */
    public ReflectionPad2d(long... padding) { super("reflect", 2, padding); }

    @Override protected Module recreate() { return new ReflectionPad2d(padding); }
}
