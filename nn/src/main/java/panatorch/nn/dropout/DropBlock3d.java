package panatorch.nn.dropout;

import panatorch.Tensor;
import panatorch.nn.DropoutLayer;
import panatorch.nn.Module;

/** {@link DropBlock2d} for volumes [N, C, D, H, W]: drops cubes. */
public final class DropBlock3d extends DropoutLayer {
    private final Blocks blocks;

    /**
     * Creates the layer, out of place.
     *
     * @param p probability of dropping an element, in [0, 1]
     * @param size side of a block, odd; on a smaller map, the map's side is used
     */
    public DropBlock3d(double p, long size) { this(p, size, false, 1e-6); }

    /**
     * Creates the layer.
     *
     * @param p probability of dropping an element, in [0, 1]
     * @param size side of a block, odd; on a smaller map, the map's side is used
     * @param inplace whether to overwrite the input
     * @param eps number added to the number of kept elements
     */
    public DropBlock3d(double p, long size, boolean inplace, double eps) {
        super(p, inplace);
        blocks = new Blocks(3, size, eps);
    }

    @Override public Tensor forward(Tensor input) { return isDropping() ? masked(input, blocks.mask(input, p(), masks())) : input; }

    @Override protected long[] maskShape(Tensor input) { return blocks.centres(input); }

    @Override public boolean isPerRow() { return false; }

    @Override protected Module recreate() { return new DropBlock3d(p(), blocks.size(), inplace(), blocks.eps()); }

    @Override protected String describe() {
        return "p=" + p() + ", block_size=" + blocks.size() + ", inplace=" + (inplace() ? "True" : "False");
    }
}
