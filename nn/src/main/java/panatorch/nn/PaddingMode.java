package panatorch.nn;

/** The values beyond the edges of a convolution's input. */
public enum PaddingMode {
    ZEROS,
    /** The input mirrored at its outermost elements, which are not repeated. */
    REFLECT,
    /** The outermost elements, repeated. */
    REPLICATE,
    /** The input's opposite side. */
    CIRCULAR;

    /** Returns Python's name of the mode. */
    @Override public String toString() { return name().toLowerCase(java.util.Locale.ROOT); }
}
