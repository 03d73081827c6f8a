package panatorch.nn.dropout;

import panatorch.Tensor;
import panatorch.nn.DropoutLayer;
import panatorch.nn.Module;

/**
 * DropBlock (Ghiasi et al., 2018, arXiv:1810.12890) for maps [N, C, H, W], with torchvision's arithmetic. Drops squares of {@code size}
 * elements a side. The rest is multiplied by the number of all elements over that of the kept ones: the mean of the batch is kept, not that
 * of each element.
 *
 * <p>
 * A mask source gives the squares' centres, [N, C, H − size + 1, W − size + 1]; a square is dropped where the mask is 0.
 */
public final class DropBlock2d extends DropoutLayer {
    private final Blocks blocks;

    /**
     * Creates the layer, out of place.
     *
     * @param p probability of dropping an element, in [0, 1]
     * @param size side of a block, odd; on a smaller map, the map's side is used
     */
    public DropBlock2d(double p, long size) { this(p, size, false, 1e-6); }

    /**
     * Creates the layer.
     *
     * @param p probability of dropping an element, in [0, 1]
     * @param size side of a block, odd; on a smaller map, the map's side is used
     * @param inplace whether to overwrite the input
     * @param eps number added to the number of kept elements
     */
    public DropBlock2d(double p, long size, boolean inplace, double eps) {
        super(p, inplace);
        blocks = new Blocks(2, size, eps);
    }

    @Override public Tensor forward(Tensor input) { return isDropping() ? masked(input, blocks.mask(input, p(), masks())) : input; }

    @Override protected long[] maskShape(Tensor input) { return blocks.centres(input); }

    @Override public boolean isPerRow() { return false; }

    @Override protected Module recreate() { return new DropBlock2d(p(), blocks.size(), inplace(), blocks.eps()); }

    @Override protected String describe() {
        return "p=" + p() + ", block_size=" + blocks.size() + ", inplace=" + (inplace() ? "True" : "False");
    }
}
