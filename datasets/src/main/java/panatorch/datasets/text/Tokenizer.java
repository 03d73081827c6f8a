package panatorch.datasets.text;

/** Turns a text into token ids. A tokenizer is immutable and may be used by many threads. */
public interface Tokenizer {
    /**
     * Returns the ids of a text, with those that mark its begin and end if the tokenizer has such.
     *
     * @param maxLength largest number of ids, marks included; the rest of the text is left out
     */
    int[] encode(String text, int maxLength);

    /** Returns the vocabulary: the tokens of the ids. */
    Vocabulary vocabulary();

    /** Returns the id that pads shorter texts of a batch. */
    int padding();
}
