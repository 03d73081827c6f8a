package panatorch.text.internal.normalizers;

import panatorch.text.internal.AlignedText;

/** A change of a text before it is split. Immutable, for any number of threads. */
public interface Normalizer {
    /** Changes a text, whose characters keep their places in the original. */
    void normalize(AlignedText text);
}
