package panatorch;

/** The layout of a tensor's elements in memory. The constants are in libtorch's order. */
public enum Layout {
    STRIDED, SPARSE_COO, SPARSE_CSR, MKLDNN, SPARSE_CSC, SPARSE_BSR, SPARSE_BSC, JAGGED;

    int code() { return ordinal(); }

    static Layout ofCode(int code) { return values()[code]; }
}
