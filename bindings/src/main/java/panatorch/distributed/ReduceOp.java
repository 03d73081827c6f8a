package panatorch.distributed;

/** How a collective combines the elements of all ranks: {@code torch.distributed.ReduceOp}. */
public enum ReduceOp {
    SUM(0),
    /** The mean; of floating-point and complex tensors only. */
    AVG(1), PRODUCT(2), MIN(3), MAX(4),
    /** Bitwise and, or, exclusive or; of integers only. */
    BAND(5), BOR(6), BXOR(7);

    private final int code;

    ReduceOp(int code) { this.code = code; }

    /** Returns libtorch's number. */
    int code() { return code; }

    boolean isBitwise() { return code >= BAND.code; }
}
