package panatorch.distributed.fsdp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.distributed.checkpoint.Piece;
import panatorch.distributed.checkpoint.Region;
import panatorch.internal.distributed.ReleasableTensor;
import panatorch.nn.Module;

/**
 * A parameter of which each rank keeps some rows, as {@code torch.chunk} divides them: rank r has rows [r·rows, (r+1)·rows), fewer or none
 * at the end. Among the ranks all parts have the size of the first one, with padding.
 */
final class Parameter implements AutoCloseable {
    /** A module that uses the parameter under a name of its own. */
    record Place(Module module, String name) {}

    final String name;
    /** This rank's rows: the tensor that is registered in the modules, and that an optimiser updates. */
    final Tensor shard;
    final long[] shape;
    /** The whole parameter, with memory while its unit computes. */
    final ReleasableTensor whole;
    /** The number of elements of a row, and of a rank's part with padding. */
    final long row, part;
    private final long rows, count;
    private final int rank, ranks;
    final List<Place> places = new ArrayList<>();

    /**
     * Divides a parameter, of which each rank has all rows, and frees the other ranks' rows.
     *
     * @param type type of the whole parameter while it is used
     * @param unit name of the unit, for errors
     */
    Parameter(String name, Tensor parameter, DType type, int rank, int ranks, String unit) {
        this.name = name;
        this.rank = rank;
        this.ranks = ranks;
        shard = parameter;
        shape = parameter.shape();
        count = shape.length == 0 ? 1 : shape[0];
        rows = Math.ceilDiv(count, ranks);
        row = count == 0 ? 0 : parameter.numel() / count;
        part = rows * row;
        whole = ReleasableTensor.of(type, parameter.device(), shape, part * ranks, "The parameter '" + name
                + "' is sharded, and its memory is free, outside the forward and backward pass of " + unit
                + ". Let the loss depend on what this module returns, rather than on what it keeps in fields.");
        parameter.setGrad(null);
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            parameter.setData(own(parameter.detach()).clone());
        }
    }

    /** Returns the number of the first row that a rank has. */
    long begin(int rank) {
        return Math.min(count, rank * rows);
    }

    /** Returns how many rows a rank has. */
    long rows(int rank) { return begin(rank + 1) - begin(rank); }

    /** Returns this rank's part of a tensor of the whole parameter's shape, as a view of the shape of {@link #shard}. */
    Tensor own(Tensor whole) {
        if (shape.length == 0 && rows(rank) == 1) return whole;
        return (shape.length == 0 ? whole.unsqueeze(0) : whole).narrow(0, begin(rank), rows(rank));
    }

    /** Writes this rank's part of a tensor of the shape of {@link #shard} to a flat one, [part], without the padding. */
    void copyOwn(Tensor from, Tensor to) {
        long n = rows(rank) * row;
        if (n > 0) to.narrow(0, 0, n).copy_(from.reshape(-1));
    }

    /** Writes the parts of all ranks, [ranks, part], to the memory of the whole parameter. */
    void copyParts(Tensor from) {
        whole.memory().view(ranks, part).copy_(from);
    }

    /** Writes the rows of a tensor of the whole parameter's shape to the parts of their ranks, [ranks, part], without the padding. */
    void divide(Tensor from, Tensor to) {
        if (count == rows * ranks) {
            to.copy_(from.reshape(ranks, part));
            return;
        }
        Tensor flat = from.reshape(-1);
        for (int r = 0; r < ranks; r++)
            if (rows(r) > 0) to.select(0, r).narrow(0, 0, rows(r) * row).copy_(flat.narrow(0, begin(r) * row, rows(r) * row));
    }

    /** Returns a view of the whole tensor in parts of all ranks, [ranks, part]. */
    Tensor joined(Tensor parts) {
        return parts.reshape(-1).narrow(0, 0, count * row).reshape(shape);
    }

    /** Returns this rank's elements of a flat part, [part], in the shape of {@link #shard}. */
    Tensor shaped(Tensor flat) {
        return flat.narrow(0, 0, rows(rank) * row).reshape(shard.shape());
    }

    /** Returns where this rank's rows lie in the whole parameter. The region of a rank without rows has no elements. */
    Region region() {
        List<Long> all = LongStream.of(shape).boxed().toList();
        if (shape.length > 0) return Region.rows(begin(rank), rows(rank), all);
        return rows(rank) == 1 ? Region.whole(all) : new Region(List.of(0L), List.of(0L));
    }

    /** Returns a tensor of the shape of {@link #shard} as a piece of one of the whole parameter's shape. */
    Piece piece(Tensor own) {
        return new Piece(own, LongStream.of(shape).boxed().toList(), shape.length == 0 ? List.of() : region().offsets());
    }

    /** Requires that a tensor of a state dict has the whole parameter's shape, in PyTorch's words. */
    void requireShape(Tensor given) {
        if (!Arrays.equals(given.shape(), shape))
            throw new IllegalArgumentException("Error(s) in loading state_dict:\n\tsize mismatch for " + name
                    + ": copying a param with shape torch.Size(" + Arrays.toString(given.shape())
                    + ") from checkpoint, the shape in current model is torch.Size(" + Arrays.toString(shape) + ").");
    }

    @Override public void close() { whole.close(); }
}
