package panatorch.nn.dropout;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.nn.MaskSource;

/** The masks of DropBlock over the last {@code dims} dimensions. */
record Blocks(int dims, long size, double eps) {
    Blocks {
        if (size < 1) throw new IllegalArgumentException("the side of a block has to be at least 1, not " + size);
    }

    /** Returns the shape of the area in which a block's centre may lie: the map without a margin of half a block. */
    long[] centres(Tensor input) {
        long[] shape = input.shape();
        long side = side(input);
        for (int i = 2; i < shape.length; i++) shape[i] -= side - 1;
        return shape;
    }

    private long side(Tensor input) {
        if (input.dim() != dims + 2)
            throw new IllegalArgumentException("DropBlock takes inputs of " + (dims + 2) + " dimensions, not " + input.describe());
        long side = size;
        for (int i = 2; i < input.dim(); i++) side = Math.min(side, input.size(i));
        if (side % 2 == 0) throw new IllegalArgumentException("the side of a block has to be odd, not " + side);
        return side;
    }

    /** Returns a mask of the input's shape: 0 in the blocks, and elsewhere the number of elements over that of the kept ones. */
    Tensor mask(Tensor input, double p, @Nullable MaskSource source) {
        long side = side(input);
        long[] shape = centres(input);
        double gamma = p;
        for (int i = 2; i < shape.length; i++) gamma *= (double) input.size(i) / (side * shape[i]);
        try (var noGrad = NoGrad.enter()) {
            Tensor centres = source == null ? input.newEmpty(shape).bernoulli_(gamma)
                    : source.mask(input, shape, gamma).eq(0).to(input.dtype()).expand(shape);
            long[] margins = new long[2 * dims], sides = new long[dims], ones = new long[dims], half = new long[dims];
            Arrays.fill(margins, side / 2);
            Arrays.fill(sides, side);
            Arrays.fill(ones, 1);
            Arrays.fill(half, side / 2);
            Tensor padded = Aten.constantPadNd(centres, margins);
            Tensor kept = Aten.rsub(dims == 2 ? Aten.maxPool2d(padded, sides, ones, half) : Aten.maxPool3d(padded, sides, ones, half), 1);
            // counted in float32 at least: a float16 ends at 65504
            DType count = input.dtype() == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
            return kept.mul(kept.sum(count).add(eps).reciprocal().mul(kept.numel()));
        }
    }
}
