package panatorch.nn;

/** Puts the input mirrored at its outermost elements, which are not repeated around [N, C, L] or the same without N. */
public final class ReflectionPad1d extends Padding {
    /** @param padding one number for all sides, or left, right */
    public ReflectionPad1d(long... padding) { super("reflect", 1, padding); }

    @Override protected Module recreate() { return new ReflectionPad1d(padding); }
}
