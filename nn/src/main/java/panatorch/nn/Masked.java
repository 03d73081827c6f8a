package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Generator;

/** A stochastic layer whose randomness is a mask: how much it drops, and where its masks come from. Changing either is one thread's, as training is. */
public interface Masked extends Stochastic {
    /** The probability of dropping. */
    double p();

    @Override default boolean draws() { return p() > 0; }

    /** @throws IllegalArgumentException if {@code p} is outside [0, 1] */
    void setP(double p);

    /** Where the masks come from; null for the global generator of the input's device. */
    @Nullable MaskSource masks();

    /**
     * Takes masks from {@code source} from now on; null for the global generator of the input's device. A source that is a {@link Module} becomes
     * the child {@code masks}: its buffers are saved and move with the layer, and are closed with it. The one before is the caller's again.
     */
    void setMasks(@Nullable MaskSource source);

    /** The masks that the layer draws if it has no source, from {@code generator}, which stays the caller's; null for the global one. */
    default MaskSource drawnFrom(@Nullable Generator generator) { return generator == null ? MaskSource.global() : MaskSource.of(generator); }

    /** Whether what becomes of a row of a batch depends on no other row's mask, so that samples of one input may share a batch. */
    default boolean isPerRow() { return true; }
}
