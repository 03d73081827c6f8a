package panatorch.nn;

import org.jspecify.annotations.Nullable;

/** The state of a {@link Masked} module: its drop probability and the source of its masks. */
final class DropState {
    private double p;
    private @Nullable MaskSource masks;

    DropState(double p) { setP(p); }

    double p() { return p; }

    final void setP(double p) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("the drop probability has to be between 0 and 1, not " + p);
        this.p = p;
    }

    @Nullable MaskSource masks() { return masks; }

    /** Sets the source. A source that is a module becomes a child of the owner. */
    void setMasks(Module owner, @Nullable MaskSource source) {
        owner.putChild("masks", source instanceof Module m ? m : null);
        masks = source;
    }

    /** Returns whether anything is dropped: in training, with a probability above 0. */
    boolean isDropping(Module owner) {
        return owner.isTraining() && p > 0;
    }

    /** Returns the source of the next mask, or null if there is none or nothing is dropped. */
    @Nullable MaskSource asked(Module owner) {
        return isDropping(owner) ? masks : null;
    }
}
