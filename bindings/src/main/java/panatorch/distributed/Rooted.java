package panatorch.distributed;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.internal.distributed.Descriptions;

/** Gather and scatter, made of all-to-all: only one rank, the root, receives from or sends to all others. */
final class Rooted {
    private final ProcessGroup group;
    private final int root;

    Rooted(ProcessGroup group, int root) {
        Arguments.checkRank("the root", root, group.ranks());
        this.group = group;
        this.root = root;
    }

    Work gather(@Nullable Tensor into, Tensor from) throws InterruptedException {
        return group.calls().outOfPlace("gather to rank " + root, Descriptions.of(from), whole(into, from), from,
                (t, own) -> group.natives().allToAll(t.view(-1), own.view(-1), ofRoot(own.numel()), ofOthers(own.numel())));
    }

    Work scatter(Tensor into, @Nullable Tensor from) throws InterruptedException {
        return group.calls().outOfPlace("scatter from rank " + root, Descriptions.of(into), into, whole(from, into),
                (t, own) -> group.natives().allToAll(t.view(-1), own.view(-1), ofOthers(t.numel()), ofRoot(t.numel())));
    }

    /** Returns the tensor of all ranks on the root, and an empty one elsewhere. */
    private Tensor whole(@Nullable Tensor all, Tensor part) {
        if (group.rank() != root) return part.newEmpty(0);
        if (all == null) throw new IllegalArgumentException("rank " + root + " needs a tensor with the elements of all ranks, not null");
        Arguments.checkSizes(all, part, group.ranks(), 1);
        return all;
    }

    /** Returns the counts of elements that the root exchanges: {@code n} with each rank. */
    private long[] ofRoot(long n) {
        var counts = new long[group.ranks()];
        if (group.rank() == root) Arrays.fill(counts, n);
        return counts;
    }

    /** Returns the counts of elements that a rank exchanges with the root alone. */
    private long[] ofOthers(long n) {
        var counts = new long[group.ranks()];
        counts[root] = n;
        return counts;
    }
}
