package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Group normalisation (Wu and He 2018, arXiv:1803.08494): normalises each group of channels of each sample of [N, C, *]. Parameters:
 * {@code weight}, {@code bias} [C].
 */
public final class GroupNorm extends Module {
    private final long groups, channels;
    private final double eps;
    private final boolean affine, bias;

    public GroupNorm(long groups, long channels) { this(groups, channels, 1e-5, true, true); }

    /**
     * Creates the layer.
     *
     * @param eps number added to the variance
     * @param affine whether there is a weight
     * @param bias whether there is a bias beside it
     */
    public GroupNorm(long groups, long channels, double eps, boolean affine, boolean bias) {
        if (groups < 1 || channels % groups != 0)
            throw new IllegalArgumentException(groups + " groups do not divide " + channels + " channels");
        this.groups = groups;
        this.channels = channels;
        this.eps = eps;
        this.affine = affine;
        this.bias = bias;
        parameter("weight", affine ? Torch.ones(channels) : null);
        parameter("bias", affine && bias ? Torch.zeros(channels) : null);
    }

    /**
     * Normalises the input.
     *
     * @throws IllegalArgumentException if all groups of all samples have one value each
     */
    @Override public Tensor forward(Tensor input) {
        if (input.dim() > 1) Sizes.moreThanOne(input.numel() / groups, "value per channel", input);
        return Aten.groupNorm(input, groups, parameterOrNull("weight"), parameterOrNull("bias"), eps);
    }

    /** Returns the parameter {@code weight}, or null without {@code affine}. It stays the module's. */
    public @Nullable Tensor weight() {
        return parameterOrNull("weight");
    }

    /** Returns the parameter {@code bias}, or null if there is none. It stays the module's. */
    public @Nullable Tensor bias() {
        return parameterOrNull("bias");
    }

    @Override protected Module recreate() { return new GroupNorm(groups, channels, eps, affine, bias); }

    @Override protected String describe() {
        return groups + ", " + channels + ", eps=" + Repr.of(eps) + ", affine=" + Repr.of(affine) + ", bias="
                + Repr.of(parameterOrNull("bias") != null);
    }
}
