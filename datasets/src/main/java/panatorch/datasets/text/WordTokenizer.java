package panatorch.datasets.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Splits a text into lower-case words: runs of letters, digits, marks and apostrophes, and every other character but spaces as a word by
 * itself. A word that the vocabulary does not have becomes {@value #UNKNOWN}. There are no marks of begin and end.
 */
public final class WordTokenizer implements Tokenizer {
    public static final String PADDING = "<pad>", UNKNOWN = "<unk>";
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}\\p{N}'’]+|[^\\s\\p{Z}]");

    private final Vocabulary vocabulary;
    private final int padding, unknown;

    /**
     * Makes a tokenizer with the ids of a vocabulary.
     *
     * @throws IllegalArgumentException if {@code vocabulary} has no {@value #PADDING} or {@value #UNKNOWN}
     */
    public WordTokenizer(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        padding = vocabulary.id(PADDING);
        unknown = vocabulary.id(UNKNOWN);
    }

    /**
     * Makes a tokenizer whose vocabulary has the most frequent words of some texts.
     *
     * @param minCount smallest frequency of a word
     * @param maxSize largest number of tokens, the two special ones included
     */
    public static WordTokenizer build(Iterable<String> texts, int minCount, int maxSize) {
        var words = new ArrayList<String>();
        for (String text : texts) words.addAll(words(text));
        return new WordTokenizer(Vocabulary.build(words, List.of(PADDING, UNKNOWN), minCount, maxSize));
    }

    static List<String> words(String text) { return WORD.matcher(text.toLowerCase(Locale.ROOT)).results().map(m -> m.group()).toList(); }

    @Override public int[] encode(String text, int maxLength) {
        return words(text).stream().limit(maxLength).mapToInt(w -> vocabulary.id(w, unknown)).toArray();
    }

    @Override public Vocabulary vocabulary() { return vocabulary; }

    @Override public int padding() { return padding; }
}
