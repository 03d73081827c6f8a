package panatorch.nn.dropout;

import panatorch.Tensor;
import panatorch.nn.DropoutLayer;
import panatorch.nn.Module;

/**
 * DropBlock (Ghiasi et al., 2018, arXiv:1810.12890) of [N, C, H, W], with torchvision's arithmetic: drops squares of {@code size} elements a side, and
 * multiplies the rest by the number of all elements over that of the kept ones, so that the mean of the batch stays, not that of each element.
 * A source's mask is that of the squares' centres, [N, C, H − size + 1, W − size + 1], a square where it is 0.
 */
public final class DropBlock2d extends DropoutLayer {
    private final Blocks blocks;

    /** @param p probability of dropping an element, in [0, 1]; @param size of a block, odd; of a smaller map, that map's */
    public DropBlock2d(double p, long size) { this(p, size, false, 1e-6); }

    /** @param inplace whether the input is overwritten; @param eps added to the number of kept elements */
    public DropBlock2d(double p, long size, boolean inplace, double eps) {
        super(p, inplace);
        blocks = new Blocks(2, size, eps);
    }

    @Override public Tensor forward(Tensor input) { return isDropping() ? masked(input, blocks.mask(input, p(), masks())) : input; }

    @Override protected long[] maskShape(Tensor input) { return blocks.centres(input); }

    @Override public boolean isPerRow() { return false; }

    @Override protected Module recreate() { return new DropBlock2d(p(), blocks.size(), inplace(), blocks.eps()); }

    @Override protected String describe() { return "p=" + p() + ", block_size=" + blocks.size() + ", inplace=" + (inplace() ? "True" : "False"); }
}
