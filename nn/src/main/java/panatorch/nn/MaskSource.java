package panatorch.nn;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * A source of a layer's dropout masks: random numbers, a bank of masks, or masks given by a test.
 *
 * <pre>{@code
 * layer.setMasks(MaskSource.of(generator));                    // the layer draws from a generator of its own
 * layer.setMasks(MaskSource.given(kept));                      // the next call drops exactly where kept is 0
 * layer.setMasks((like, shape, p) -> bank.select(0, step()));  // any rule
 * }</pre>
 */
@FunctionalInterface
public interface MaskSource {
    /**
     * Returns a scaled mask, 0 where dropped and 1/(1 − p) where kept, so that its mean is 1; all zeros if {@code p} is 1. The mask does
     * not require a gradient and belongs to the current scope or to the source.
     *
     * @param like tensor to be masked, whose type and device the mask gets
     * @param shape shape that broadcasts to the tensor
     * @param p probability of dropping, in (0, 1]; layers do not ask for a mask if it is 0
     */
    Tensor mask(Tensor like, long[] shape, double p);

    /** Draws independent masks from the global generator of each tensor's device. */
    static MaskSource global() {
        return (like, shape, p) -> RandomMasks.draw(like, shape, p, null);
    }

    /**
     * Draws independent masks from {@code generator}, which stays the caller's and has to be on the tensors' device. From the same state,
     * the masks equal those of libtorch's dropout on a CPU, bit for bit.
     */
    static MaskSource of(Generator generator) { return (like, shape, p) -> RandomMasks.draw(like, shape, p, generator); }

    /**
     * Returns given masks in turn, one a call, for tests. They hold zeros (dropped) and ones (kept) of any type, and stay the caller's.
     *
     * @throws IllegalArgumentException by {@link #mask}, if the next one does not broadcast to the tensor to be masked
     * @throws IllegalStateException by {@link #mask}, if there are no more
     */
    static MaskSource given(Tensor... kept) { return new GivenMasks(kept); }
}
