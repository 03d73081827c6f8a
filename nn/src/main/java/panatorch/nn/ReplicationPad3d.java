package panatorch.nn;

/** Pads [N, C, D, H, W], or the same without N, by repeating the outermost elements. */
public final class ReplicationPad3d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom, front, back */
    public ReplicationPad3d(long... padding) {
        super("replicate", 3, padding);
    }

    @Override protected Module recreate() { return new ReplicationPad3d(padding); }
}
