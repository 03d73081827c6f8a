package panatorch.nn;

/** Puts its outermost elements, repeated around [N, C, L] or the same without N. */
public final class ReplicationPad1d extends Padding {
    /** @param padding one number for all sides, or left, right */
    public ReplicationPad1d(long... padding) { super("replicate", 1, padding); }

    @Override protected Module recreate() { return new ReplicationPad1d(padding); }
}
