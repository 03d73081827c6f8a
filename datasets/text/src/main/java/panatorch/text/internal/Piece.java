package panatorch.text.internal;

/**
 * A part of a text between two splits. A piece that is an added token has its id, and is neither normalized nor split.
 *
 * @param text text that it is a part of
 * @param from index of its first char
 * @param to index after its last char
 * @param origin place in the original text where it begins
 * @param id id of the added token that it is, or -1
 */
public record Piece(AlignedText text, int from, int to, int origin, int id) {
    /** Makes the piece that is the whole text. */
    public static Piece whole(AlignedText text) {
        return new Piece(text, 0, text.length(), 0, -1);
    }

    public boolean isToken() { return id >= 0; }

    public boolean isEmpty() { return from == to; }

    public int length() { return to - from; }

    /** Returns a part of this piece; the indices are those of the text. */
    public Piece slice(int first, int last) {
        return slice(first, last, -1);
    }

    /** Returns a part of this piece that is an added token. */
    public Piece slice(int first, int last, int token) {
        return new Piece(text, first, last, first < last ? text.start(first) : origin, token);
    }

    /** Returns a text of the chars of this piece that may be changed. */
    public AlignedText own() { return text.copy(from, to, origin); }

    /** Returns the piece that is the whole of a text made of this one's. */
    public Piece with(AlignedText changed) {
        return new Piece(changed, 0, changed.length(), origin, -1);
    }

    public char charAt(int i) { return text.chars()[i]; }

    /** Returns the chars of the piece. */
    public String string() { return text.substring(from, to); }

    /** Returns whether the piece begins with a char. */
    public boolean startsWith(char c) {
        return from < to && text.chars()[from] == c;
    }
}
