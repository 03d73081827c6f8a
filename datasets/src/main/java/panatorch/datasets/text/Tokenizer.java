package panatorch.datasets.text;

/** Makes ids of a text. A tokenizer is immutable and may be used by many threads. */
public interface Tokenizer {
    /**
     * The ids of {@code text}, with those that mark its begin and end if the tokenizer has such; at most {@code maxLength}, the rest
     * of the text being left out.
     */
    int[] encode(String text, int maxLength);

    /** What the ids stand for. */
    Vocabulary vocabulary();

    /** The id that fills a batch behind shorter texts. */
    int padding();
}
