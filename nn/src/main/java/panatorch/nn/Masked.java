package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Generator;

/**
 * A stochastic layer whose randomness is a mask, with its drop probability and the source of its masks. Change either on the training
 * thread only.
 */
public interface Masked extends Stochastic {
    /** Returns the probability of dropping. */
    double p();

    @Override default boolean draws() { return p() > 0; }

    /**
     * Sets the probability of dropping.
     *
     * @throws IllegalArgumentException if {@code p} is outside [0, 1]
     */
    void setP(double p);

    /** Returns the source of the masks, or null for the global generator of the input's device. */
    @Nullable MaskSource masks();

    /**
     * Sets the source of the masks; null for the global generator of the input's device. A source that is a {@link Module} becomes the
     * child {@code masks}: its buffers are saved, move with the layer, and are closed with it. The previous source is the caller's again.
     */
    void setMasks(@Nullable MaskSource source);

    /**
     * Returns the masks that the layer draws if it has no source.
     *
     * @param generator generator to draw from, which stays the caller's; null for the global one
     */
    default MaskSource drawnFrom(@Nullable Generator generator) {
        return generator == null ? MaskSource.global() : MaskSource.of(generator);
    }

    /** Returns whether the output of a row does not depend on other rows' masks, so that samples of one input may share a batch. */
    default boolean isPerRow() {
        return true;
    }
}
