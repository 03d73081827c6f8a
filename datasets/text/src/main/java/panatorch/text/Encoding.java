package panatorch.text;

import java.util.Arrays;
import java.util.List;
import panatorch.text.internal.Row;

/** The tokens of a text or of a pair of texts. Immutable: all arrays that it returns are copies. */
public final class Encoding {
    private final Row row;
    private final List<Encoding> overflowing;

    Encoding(Row row) {
        this.row = row;
        overflowing = row.overflowing.stream().map(Encoding::new).toList();
    }

    /** Returns the number of tokens. */
    public int size() { return row.length; }

    /** Returns the ids of the tokens. */
    public int[] ids() { return Arrays.copyOf(row.ids, row.length); }

    /** Returns 1 for each token of the texts and each special token, 0 for padding. */
    public int[] attentionMask() {
        return widened(row.attention);
    }

    /** Returns the types of the tokens: as a rule 0 for those of the first text and 1 for those of the second. */
    public int[] typeIds() {
        return Arrays.copyOf(row.typeIds, row.length);
    }

    /** Returns 1 for each token that was added to the texts, padding included, 0 for the others. */
    public int[] specialTokensMask() {
        return widened(row.special);
    }

    private int[] widened(byte[] mask) {
        var ints = new int[row.length];
        for (int i = 0; i < ints.length; i++) ints[i] = mask[i];
        return ints;
    }

    /** Returns the tokens as the vocabulary has them; of one that it does not have, the text. */
    public List<String> tokens() {
        return List.of(Arrays.copyOf(row.tokens, row.length));
    }

    /**
     * Returns where the tokens begin in their text, counted in code points, as in Python. Special tokens are at 0.
     *
     * @see #substring
     */
    public int[] starts() { return Arrays.copyOf(row.starts, row.length); }

    /** Returns where the tokens end in their text, counted in code points, as in Python. */
    public int[] ends() {
        return Arrays.copyOf(row.ends, row.length);
    }

    /** Returns the number of the word that each token is a part of, counted in its text, and -1 for special tokens. */
    public int[] words() {
        return Arrays.copyOf(row.words, row.length);
    }

    /**
     * Returns the part of a text that a token came from.
     *
     * @param text the text that was encoded
     * @param token index of the token
     */
    public String substring(String text, int token) {
        int from = text.offsetByCodePoints(0, row.starts[token]);
        return text.substring(from, text.offsetByCodePoints(from, row.ends[token] - row.starts[token]));
    }

    /**
     * Returns the parts that truncation cut off, as long as this one and with special tokens. After the word that fills a row up to the
     * largest length a text is not read any more, as in Python, so that these are not the whole of a long text.
     */
    public List<Encoding> overflowing() { return overflowing; }

    Row row() { return row; }

    /** Collects the tokens of an encoding, for other implementations of {@link Tokenizer}. */
    public static final class Builder {
        private final Row row = new Row(16);

        /** Makes an empty encoding. */
        public Builder() {}

        /**
         * Adds a token of the text.
         *
         * @param id its id
         * @param token the token as the vocabulary has it
         * @param start where it begins in its text, in code points
         * @param end where it ends
         * @param word number of the word that it is a part of, or -1
         * @param typeId its type
         */
        public Builder token(int id, String token, int start, int end, int word, int typeId) {
            row.add(id, token, start, end, word, typeId);
            return this;
        }

        /** Adds a token that is not in the text, such as {@code [CLS]}, with its type. */
        public Builder special(int id, String token, int typeId) {
            row.addSpecial(id, token, typeId);
            return this;
        }

        /** Adds a part that truncation cut off, see {@link Encoding#overflowing}. */
        public Builder overflowing(Encoding part) {
            row.overflowing.add(part.row.copy());
            return this;
        }

        /** Returns the encoding of the tokens so far. */
        public Encoding build() { return new Encoding(row.copy()); }
    }

    @Override public String toString() { return "Encoding" + tokens(); }
}
