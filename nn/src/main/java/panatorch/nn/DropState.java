package panatorch.nn;

import org.jspecify.annotations.Nullable;

/** What a {@link Masked} module keeps: how much it drops, and where its masks come from. */
final class DropState {
    private double p;
    private @Nullable MaskSource masks;

    DropState(double p) { setP(p); }

    double p() { return p; }

    final void setP(double p) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("the drop probability is between 0 and 1, not " + p);
        this.p = p;
    }

    @Nullable MaskSource masks() { return masks; }

    /** A source that is a module becomes a child of the owner. */
    void setMasks(Module owner, @Nullable MaskSource source) {
        owner.setChild("masks", source instanceof Module m ? m : null);
        masks = source;
    }

    /** Whether anything is dropped: in training, with a probability above 0. */
    boolean isDropping(Module owner) { return owner.isTraining() && p > 0; }

    /** The source to be asked for a mask; null if there is none, or nothing to drop. */
    @Nullable MaskSource asked(Module owner) { return isDropping(owner) ? masks : null; }
}
