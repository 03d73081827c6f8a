package panatorch.nn;

/** Puts its outermost elements, repeated around [N, C, D, H, W] or the same without N. */
public final class ReplicationPad3d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom, front, back */
    public ReplicationPad3d(long... padding) { super("replicate", 3, padding); }

    @Override protected Module recreate() { return new ReplicationPad3d(padding); }
}
