package panatorch.datasets.text;

import java.util.stream.IntStream;
import panatorch.text.Tokenizers;

/**
 * BERT's tokenizer. It splits a text into words and punctuation, and each of these into the longest pieces that the vocabulary has; pieces
 * after the first begin with {@code ##}. The ids begin with {@code [CLS]} and end with {@code [SEP]} (Devlin et al. 2018, arXiv:1810.04805;
 * Wu et al. 2016, arXiv:1609.08144, section 4.1).
 *
 * <p>
 * The ids are those of Hugging Face's {@code BertTokenizer}, except that a special token spelt out in a text, such as {@code [SEP]}, is
 * treated as text. It is {@link Tokenizers#bert} for a {@link TextDataset}.
 */
public final class WordPiece implements Tokenizer {
    private final Vocabulary vocabulary;
    private final PretrainedTokenizer tokenizer;

    /**
     * Makes a tokenizer with the ids of a vocabulary.
     *
     * @param uncased whether to lower-case letters and strip their accents, as {@code bert-base-uncased} expects
     * @throws IllegalArgumentException if {@code vocabulary} lacks [PAD], [UNK], [CLS] or [SEP]
     */
    public WordPiece(Vocabulary vocabulary, boolean uncased) {
        this.vocabulary = vocabulary;
        int padding = vocabulary.id("[PAD]");
        tokenizer = new PretrainedTokenizer(
                Tokenizers.bert(IntStream.range(0, vocabulary.size()).mapToObj(vocabulary::token).toList(), uncased), padding);
    }

    @Override public Vocabulary vocabulary() { return vocabulary; }

    @Override public int padding() { return tokenizer.padding(); }

    @Override public int[] encode(String text, int maxLength) {
        if (maxLength < 2) throw new IllegalArgumentException("maxLength must be at least 2, for [CLS] and [SEP], but is " + maxLength);
        return tokenizer.encode(text, maxLength);
    }
}
