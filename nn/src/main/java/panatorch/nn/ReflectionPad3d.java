package panatorch.nn;

/** Pads [N, C, D, H, W], or the same without N, by mirroring at the outermost elements, which are not repeated. */
public final class ReflectionPad3d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom, front, back */
    public ReflectionPad3d(long... padding) {
        super("reflect", 3, padding);
    }

    @Override protected Module recreate() { return new ReflectionPad3d(padding); }
}
