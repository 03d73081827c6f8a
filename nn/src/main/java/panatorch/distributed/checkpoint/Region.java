package panatorch.distributed.checkpoint;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The place of a rectangular part in a tensor.
 *
 * @param offsets place of the first element, one number for each dimension
 * @param shape shape of the part
 */
public record Region(List<Long> offsets, List<Long> shape) {
    /** Copies the lists. */
    public Region {
        offsets = List.copyOf(offsets);
        shape = List.copyOf(shape);
    }

    /** Returns the region of a whole tensor. */
    public static Region whole(List<Long> shape) {
        return new Region(Collections.nCopies(shape.size(), 0L), shape);
    }

    /** Returns the region of some rows, and of all of the other dimensions. */
    public static Region rows(long begin, long count, List<Long> shape) {
        var offsets = new Long[shape.size()];
        Arrays.fill(offsets, 0L);
        Long[] part = shape.toArray(Long[]::new);
        offsets[0] = begin;
        part[0] = count;
        return new Region(List.of(offsets), List.of(part));
    }

    static Region of(Piece piece) {
        return new Region(piece.offsets(), LongStream.of(piece.tensor().shape()).boxed().toList());
    }

    long numel() { return shape.stream().mapToLong(n -> n).reduce(1, (a, b) -> a * b); }

    /** Returns whether the region lies in a tensor of that shape. */
    boolean isIn(List<Long> whole) {
        if (offsets.size() != whole.size() || shape.size() != whole.size()) return false;
        for (int i = 0; i < whole.size(); i++)
            if (offsets.get(i) < 0 || shape.get(i) < 0 || shape.get(i) > whole.get(i) - offsets.get(i)) return false;
        return true;
    }

    /**
     * Returns the first index, and the number of indices, that this and another region share in a dimension; none if it is not positive.
     */
    long[] shared(Region other, int dim) {
        long begin = Math.max(offsets.get(dim), other.offsets.get(dim));
        long end = Math.min(offsets.get(dim) + shape.get(dim), other.offsets.get(dim) + other.shape.get(dim));
        return new long[] {begin, end - begin};
    }

    boolean overlaps(Region other) {
        if (numel() == 0 || other.numel() == 0) return false;
        for (int i = 0; i < shape.size(); i++) if (shared(other, i)[1] <= 0) return false;
        return true;
    }
}
