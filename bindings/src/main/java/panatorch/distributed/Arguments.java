package panatorch.distributed;

import panatorch.Device;
import panatorch.Tensor;

/** Checks of the arguments of collectives. */
final class Arguments {
    private Arguments() {}

    static void check(ReduceOp op, Tensor tensor) {
        boolean inexact = tensor.isFloatingPoint() || tensor.isComplex();
        if (op == ReduceOp.AVG && !inexact || op.isBitwise() && inexact)
            throw new IllegalArgumentException(op + " is not defined for " + tensor.describe());
        boolean onlySums = tensor.isComplex() && op != ReduceOp.SUM && op != ReduceOp.AVG;
        if (tensor.device().type() == Device.Type.CUDA && (op.isBitwise() || onlySums))
            throw new IllegalArgumentException("NCCL has no " + op + " of " + tensor.describe() + ": move the tensor to the CPU");
    }

    static void checkSizes(Tensor into, Tensor from, int intoParts, int fromParts) {
        if (into.dtype() != from.dtype() || into.numel() * fromParts != from.numel() * intoParts)
            throw new IllegalArgumentException("the tensors must have one type, and " + intoParts + " to " + fromParts
                    + " elements, but they are " + into.describe() + " and " + from.describe());
    }

    static void checkRank(String what, int rank, int ranks) {
        if (rank < 0 || rank >= ranks)
            throw new IllegalArgumentException(what + " must be a rank from 0 to " + (ranks - 1) + ", not " + rank);
    }

    static void checkPeer(int peer, int tag, int rank, int ranks) {
        checkRank("the other rank", peer, ranks);
        if (peer == rank) throw new IllegalArgumentException("rank " + peer + " cannot exchange a message with itself");
        if (tag < 0) throw new IllegalArgumentException("a tag must be at least 0, not " + tag);
    }
}
