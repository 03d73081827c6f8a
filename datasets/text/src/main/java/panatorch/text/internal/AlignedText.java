package panatorch.text.internal;

import java.util.Arrays;

/**
 * A text that normalizers change, with the place in the original text that each of its chars came from. Places count code points of the
 * original text. Not thread-safe; a text that several pieces share is no longer changed.
 */
public final class AlignedText {
    private char[] chars;
    private int[] starts, ends;
    private int length;
    private final int origin;

    private AlignedText(char[] chars, int[] starts, int[] ends, int length, int origin) {
        this.chars = chars;
        this.starts = starts;
        this.ends = ends;
        this.length = length;
        this.origin = origin;
    }

    /** Makes the text of an input as it is. A surrogate without its partner becomes U+FFFD. */
    public static AlignedText of(String text) {
        char[] chars = text.toCharArray();
        var starts = new int[chars.length];
        var ends = new int[chars.length];
        for (int i = 0, place = 0; i < chars.length; i++, place++) {
            starts[i] = place;
            ends[i] = place + 1;
            if (!Character.isSurrogate(chars[i])) continue;
            if (i + 1 < chars.length && Character.isSurrogatePair(chars[i], chars[i + 1])) {
                i++;
                starts[i] = place;
                ends[i] = place + 1;
            } else chars[i] = '\uFFFD';
        }
        return new AlignedText(chars, starts, ends, chars.length, 0);
    }

    /** Returns an empty text with room for some chars, to be filled by {@link #append}. */
    public static AlignedText empty(int room) {
        return new AlignedText(new char[room], new int[room], new int[room], 0, 0);
    }

    /** Returns a copy of a part of this text that can be changed by itself. */
    AlignedText copy(int from, int to, int newOrigin) {
        return new AlignedText(Arrays.copyOfRange(chars, from, to), Arrays.copyOfRange(starts, from, to),
                Arrays.copyOfRange(ends, from, to), to - from, newOrigin);
    }

    public int length() { return length; }

    /** Returns the chars; those from {@link #length} on are meaningless. */
    public char[] chars() { return chars; }

    /** Returns the place in the original text where the char came from that stands here. */
    public int start(int i) { return starts[i]; }

    /** Returns the end of the place in the original text where the char came from that stands here. */
    public int end(int i) {
        return ends[i];
    }

    public int codePointAt(int i) { return Character.codePointAt(chars, i, length); }

    public String substring(int from, int to) { return new String(chars, from, to - from); }

    @Override public String toString() { return substring(0, length); }

    /** Returns whether all chars are ASCII. */
    public boolean isAscii() {
        for (int i = 0; i < length; i++) if (chars[i] >= 0x80) return false;
        return true;
    }

    /** Appends a char that came from a place of the original text. */
    public void append(char c, int start, int end) {
        if (length == chars.length) grow(length + 1);
        chars[length] = c;
        starts[length] = start;
        ends[length++] = end;
    }

    private void grow(int least) {
        int room = Math.max(least, Math.max(16, length + (length >> 1)));
        chars = Arrays.copyOf(chars, room);
        starts = Arrays.copyOf(starts, room);
        ends = Arrays.copyOf(ends, room);
    }

    /** Makes another text's chars and places this one's. */
    public void set(AlignedText other) {
        chars = other.chars;
        starts = other.starts;
        ends = other.ends;
        length = other.length;
    }

    /** Starts to write this text anew; it changes when {@link Rewriter#finish} is called. */
    public Rewriter rewrite() {
        return new Rewriter(this);
    }

    /** Puts a string before the text, aligned with its first character; does nothing to an empty text. */
    public void prepend(String s) {
        if (length == 0) return;
        int n = s.length();
        if (length + n > chars.length) grow(length + n);
        System.arraycopy(chars, 0, chars, n, length);
        System.arraycopy(starts, 0, starts, n, length);
        System.arraycopy(ends, 0, ends, n, length);
        s.getChars(0, n, chars, 0);
        Arrays.fill(starts, 0, n, starts[n]);
        Arrays.fill(ends, 0, n, ends[n]);
        length += n;
    }

    /** Replaces a char by another one, everywhere. */
    public void replace(char old, char by) {
        for (int i = 0; i < length; i++) if (chars[i] == old) chars[i] = by;
    }

    /**
     * Writes a text anew, character by character. Each character replaces the next one of the old text, stands beside it, or replaces it
     * and those after it; this tells where the new character came from.
     */
    public static final class Rewriter {
        private final AlignedText old;
        private final AlignedText made;
        private int read;

        private Rewriter(AlignedText old) {
            this.old = old;
            made = new AlignedText(new char[old.length + 8], new int[old.length + 8], new int[old.length + 8], 0, old.origin);
        }

        /** Leaves out the next characters of the old text. */
        public void skip(int codePoints) {
            for (int i = 0; i < codePoints && read < old.length; i++) read += Character.charCount(old.codePointAt(read));
        }

        /**
         * Writes a character.
         *
         * @param change 0 if it replaces the next character of the old text, -n if it replaces that and n more, positive if it is added
         * after the last one that was replaced
         */
        public void put(int codePoint, int change) {
            int start, end;
            if (change > 0 || read >= old.length) {
                start = read < 1 ? old.origin : old.starts[read - 1];
                end = read < 1 ? old.origin : old.ends[read - 1];
            } else {
                start = old.starts[read];
                end = old.ends[read];
                skip(1 - change);
            }
            write(codePoint, start, end);
        }

        /** Writes a character that came from a place of the original text. */
        private void write(int codePoint, int start, int end) {
            if (Character.isBmpCodePoint(codePoint)) made.append((char) codePoint, start, end);
            else {
                made.append(Character.highSurrogate(codePoint), start, end);
                made.append(Character.lowSurrogate(codePoint), start, end);
            }
        }

        /** Copies the old text up to one of its chars. */
        public void copyTo(int to) {
            for (; read < to; read++) made.append(old.chars[read], old.starts[read], old.ends[read]);
        }

        /** Goes on reading the old text at one of its chars. */
        public void readFrom(int at) { read = at; }

        /** Makes what was written the text. */
        public void finish() {
            old.set(made);
        }
    }
}
