package panatorch.nn;

/** Pads [N, C, H, W], or the same without N, by repeating the outermost elements. */
public final class ReplicationPad2d extends Padding {
    /** @param padding one number for all sides, or left, right, top, bottom */
    public ReplicationPad2d(long... padding) {
        super("replicate", 2, padding);
    }

    @Override protected Module recreate() { return new ReplicationPad2d(padding); }
}
