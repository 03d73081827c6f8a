package panatorch.nn;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * The base of layers that multiply their input by a mask in training and are the identity in evaluation. It holds the drop probability and
 * the source of masks. A subclass defines the shape of its masks.
 */
public abstract class DropoutLayer extends Module implements Masked {
    private final boolean inplace;
    private final DropState state;

    /**
     * Creates the layer.
     *
     * @param p probability of dropping, in [0, 1]
     * @param inplace whether to overwrite the input
     */
    protected DropoutLayer(double p, boolean inplace) {
        this.inplace = inplace;
        state = new DropState(p);
    }

    protected final boolean inplace() { return inplace; }

    @Override public final double p() { return state.p(); }

    @Override public final void setP(double p) { state.setP(p); }

    @Override public final @Nullable MaskSource masks() { return state.masks(); }

    @Override public final void setMasks(@Nullable MaskSource source) { state.setMasks(this, source); }

    /** Returns the shape of a mask that broadcasts to {@code input}. */
    protected abstract long[] maskShape(Tensor input);

    /** Returns whether the layer is more than the identity: in training, with a probability above 0. */
    protected final boolean isDropping() {
        return state.isDropping(this);
    }

    @Override public Tensor forward(Tensor input) {
        MaskSource masks = masks();
        if (masks == null) return withoutSource(input);
        return isDropping() ? masked(input, masks.mask(input, maskShape(input), p())) : input;
    }

    /** Computes the layer's output if no source is set. */
    protected Tensor withoutSource(Tensor input) {
        return isDropping() ? masked(input, drawnFrom(null).mask(input, maskShape(input), p())) : input;
    }

    /**
     * Multiplies the input by a mask.
     *
     * @param mask mask, scaled as a source scales it
     */
    protected Tensor masked(Tensor input, Tensor mask) { return inplace ? input.mul_(mask) : input.mul(mask); }

    /** Calls libtorch's operator for dropping channels, which takes batches only. */
    final Tensor featureDropout(Tensor input, boolean batched) {
        Tensor x = batched ? input : input.unsqueeze(0);
        x = inplace ? Aten.featureDropout_(x, p(), isTraining()) : Aten.featureDropout(x, p(), isTraining());
        return batched ? x : x.squeeze(0);
    }

    /** Returns the shape of masks with one value a channel: [N, C, …] → [N, C, 1, …]; without N, [C, 1, …]. */
    static long[] channels(Tensor input, boolean batched) {
        if (input.dim() < (batched ? 2 : 1))
            throw new IllegalArgumentException("dropping channels needs at least 2 dimensions, not " + input.describe());
        long[] shape = input.shape();
        Arrays.fill(shape, batched ? 2 : 1, shape.length, 1);
        return shape;
    }

    @Override protected String describe() { return "p=" + Repr.of(p()) + ", inplace=" + Repr.of(inplace); }
}
