package panatorch.nn;

/** Pads [N, C, L], or the same without N, by repeating the outermost elements. */
public final class ReplicationPad1d extends Padding {
    /** @param padding one number for all sides, or left, right */
    public ReplicationPad1d(long... padding) {
        super("replicate", 1, padding);
    }

    @Override protected Module recreate() { return new ReplicationPad1d(padding); }
}
