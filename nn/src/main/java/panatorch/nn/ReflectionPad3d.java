package panatorch.nn;

/** Puts the input mirrored at its outermost elements, which are not repeated around [N, C, D, H, W] or the same without N. */
public final class ReflectionPad3d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom, front, back */
    public ReflectionPad3d(long... padding) { super("reflect", 3, padding); }

    @Override protected Module recreate() { return new ReflectionPad3d(padding); }
}
