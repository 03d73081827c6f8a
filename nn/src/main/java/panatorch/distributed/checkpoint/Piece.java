package panatorch.distributed.checkpoint;

import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import panatorch.Tensor;

/**
 * A rectangular part of a tensor that is divided among ranks. The pieces of all ranks make the whole tensor.
 *
 * @param tensor the elements that this rank has; it stays the caller's
 * @param shape shape of the whole tensor
 * @param offsets place of the first element in the whole tensor, one number for each dimension
 */
public record Piece(Tensor tensor, List<Long> shape, List<Long> offsets) {
    /** Checks that the piece lies in the whole tensor, unless it has no elements. */
    public Piece {
        shape = List.copyOf(shape);
        offsets = List.copyOf(offsets);
        long[] own = tensor.shape();
        boolean fits = offsets.size() == shape.size() && (own.length == shape.size() || tensor.numel() == 0);
        for (int i = 0; fits && tensor.numel() > 0 && i < own.length; i++)
            fits = offsets.get(i) >= 0 && offsets.get(i) + own[i] <= shape.get(i);
        if (!fits)
            throw new IllegalArgumentException("a piece of " + tensor.describe() + " at " + offsets + " does not lie in a tensor of shape "
                    + shape);
    }

    /** Returns the only piece of a tensor, which no other rank has. */
    public static Piece whole(Tensor tensor) {
        List<Long> shape = LongStream.of(tensor.shape()).boxed().toList();
        return new Piece(tensor, shape, Collections.nCopies(shape.size(), 0L));
    }
}
