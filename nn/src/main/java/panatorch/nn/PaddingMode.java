package panatorch.nn;

/** What a convolution finds beyond the edges of its input. */
public enum PaddingMode {
    ZEROS,
    /** The input mirrored at its outermost elements, which are not repeated. */
    REFLECT,
    /** The outermost elements, repeated. */
    REPLICATE,
    /** The input's other side. */
    CIRCULAR;

    /** As Python writes it. */
    @Override public String toString() { return name().toLowerCase(java.util.Locale.ROOT); }
}
