package panatorch.datasets.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * BERT's tokenizer. It splits a text into words and punctuation, and each of these into the longest pieces that the vocabulary has; pieces
 * after the first begin with {@code ##}. The ids begin with {@code [CLS]} and end with {@code [SEP]} (Devlin et al. 2018, arXiv:1810.04805;
 * Wu et al. 2016, arXiv:1609.08144, section 4.1).
 *
 * <p>
 * The ids are those of Hugging Face's {@code BertTokenizer}, except that a special token spelt out in a text, such as {@code [SEP]}, is
 * treated as text. Not done: pairs of texts.
 */
public final class WordPiece implements Tokenizer {
    /** The longest word that is split; a longer one is unknown as a whole. */
    private static final int MAX_WORD = 100;

    private final Vocabulary vocabulary;
    private final boolean uncased;
    private final int padding, unknown, begin, end;

    /**
     * Makes a tokenizer with the ids of a vocabulary.
     *
     * @param uncased whether to lower-case letters and strip their accents, as {@code bert-base-uncased} expects
     * @throws IllegalArgumentException if {@code vocabulary} lacks [PAD], [UNK], [CLS] or [SEP]
     */
    public WordPiece(Vocabulary vocabulary, boolean uncased) {
        this.vocabulary = vocabulary;
        this.uncased = uncased;
        padding = vocabulary.id("[PAD]");
        unknown = vocabulary.id("[UNK]");
        begin = vocabulary.id("[CLS]");
        end = vocabulary.id("[SEP]");
    }

    @Override public Vocabulary vocabulary() { return vocabulary; }

    @Override public int padding() { return padding; }

    @Override public int[] encode(String text, int maxLength) {
        if (maxLength < 2) throw new IllegalArgumentException("maxLength must be at least 2, for [CLS] and [SEP], but is " + maxLength);
        var ids = new int[maxLength];
        int n = 0;
        ids[n++] = begin;
        for (String word : words(text)) {
            for (int id : pieces(word)) if (n < maxLength - 1) ids[n++] = id;
            if (n == maxLength - 1) break;
        }
        ids[n++] = end;
        return Arrays.copyOf(ids, n);
    }

    /** Splits a word greedily into the longest pieces; if no piece fits somewhere, the whole word is unknown. */
    private int[] pieces(String word) {
        int[] unknownWord = {unknown};
        if (word.codePointCount(0, word.length()) > MAX_WORD) return unknownWord;
        var ids = new int[word.length()];
        int n = 0;
        for (int from = 0, to; from < word.length(); from = to) {
            int id = -1;
            for (to = word.length(); to > from; to = word.offsetByCodePoints(to, -1)) {
                String piece = word.substring(from, to);
                id = vocabulary.id(from == 0 ? piece : "##" + piece, -1);
                if (id >= 0) break;
            }
            if (id < 0) return unknownWord;
            ids[n++] = id;
        }
        return Arrays.copyOf(ids, n);
    }

    /** Splits a text at spaces, and makes each punctuation mark and each Chinese character a word by itself. */
    private List<String> words(String text) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        (uncased ? Normalizer.normalize(clean(text), Normalizer.Form.NFD) : clean(text)).codePoints().forEach(c -> {
            if (uncased && Character.getType(c) == Character.NON_SPACING_MARK) return;
            boolean alone = isPunctuation(c) || isChinese(c);
            if ((alone || c == ' ') && !word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
            }
            if (alone) words.add(Character.toString(c));
            else if (c != ' ') word.appendCodePoint(uncased ? Character.toLowerCase(c) : c);
        });
        if (!word.isEmpty()) words.add(word.toString());
        return words;
    }

    /** Returns the text without control characters, and with all white space as spaces. */
    private static String clean(String text) {
        var clean = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c == '\t' || c == '\n' || c == '\r' || Character.isSpaceChar(c)) clean.append(' ');
            else if (c != 0xFFFD && !isControl(c)) clean.appendCodePoint(c);
        });
        return clean.toString();
    }

    private static boolean isControl(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE, Character.UNASSIGNED -> true;
            default -> false;
        };
    }

    /** Returns whether a character is punctuation: all printable ASCII but letters, digits and space, and Unicode's punctuation. */
    private static boolean isPunctuation(int c) {
        if (c < 128) return c > ' ' && c < 127 && !Character.isLetterOrDigit(c);
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION, Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION, Character.OTHER_PUNCTUATION -> true;
            default -> false;
        };
    }

    /** Returns whether a character is in one of the blocks of CJK ideographs that BERT names. Kana and hangul are not: they form words. */
    private static boolean isChinese(int c) {
        return c >= 0x4E00 && c <= 0x9FFF || c >= 0x3400 && c <= 0x4DBF || c >= 0xF900 && c <= 0xFAFF
                || c >= 0x20000 && c <= 0x2A6DF || c >= 0x2A700 && c <= 0x2CEAF || c >= 0x2F800 && c <= 0x2FA1F;
    }
}
