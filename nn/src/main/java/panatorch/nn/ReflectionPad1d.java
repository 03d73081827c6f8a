package panatorch.nn;

/** Pads [N, C, L], or the same without N, by mirroring at the outermost elements, which are not repeated. */
public final class ReflectionPad1d extends Padding {
    /** @param padding one number for all sides, or left, right */
    public ReflectionPad1d(long... padding) { super("reflect", 1, padding); }

    @Override protected Module recreate() { return new ReflectionPad1d(padding); }
}
