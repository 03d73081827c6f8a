package panatorch.text.internal;

/** Code points whose properties differ between Java's Unicode tables and those of the Rust libraries under {@code tokenizers}. */
final class UnicodeDifferences {
    static final RangeSet NO_PUNCTUATION = RangeSet.of("");
    static final RangeSet NO_CONTROL = RangeSet.of("");
    static final RangeSet NO_NON_SPACING_MARK = RangeSet.of("");
    static final RangeSet NO_MARK = RangeSet.of("");
    static final RangeSet ANY_SCRIPT = RangeSet.of("");
    static final RangeSet NOT_NORMALIZED = RangeSet.of("");

    private UnicodeDifferences() {}
}
