package panatorch.nn;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * Where a layer's dropout masks come from: random numbers, a bank of masks, or a test.
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
     * A scaled mask, 0 where dropped and 1/(1 − p) where kept, so that its mean is 1; all zeros if {@code p} is 1. It does not require a gradient,
     * and belongs to the current scope or to the source.
     *
     * @param like a tensor of the mask's type and device: what is going to be masked
     * @param shape that the mask broadcasts to
     * @param p probability of dropping, in (0, 1]; with 0 a layer asks for no mask
     */
    Tensor mask(Tensor like, long[] shape, double p);

    /** Independent draws from the global generator of each tensor's device. */
    static MaskSource global() { return (like, shape, p) -> RandomMasks.draw(like, shape, p, null); }

    /**
     * Independent draws from {@code generator}, which stays the caller's and is of the device of what is masked. From the same state the bits are
     * those of libtorch's dropout on a CPU.
     */
    static MaskSource of(Generator generator) { return (like, shape, p) -> RandomMasks.draw(like, shape, p, generator); }

    /**
     * For tests: masks of zeros (dropped) and ones (kept) of any type, one a call, in turn. They stay the caller's.
     *
     * @throws IllegalArgumentException by {@link #mask}, if the next one does not broadcast to what is masked
     * @throws IllegalStateException by {@link #mask}, if there are no more
     */
    static MaskSource given(Tensor... kept) { return new GivenMasks(kept); }
}
