package panatorch.text.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * GPT-2's printable characters for the 256 bytes: those of Latin-1 that are visible stand for themselves, the others for characters from
 * U+0100 on.
 */
public final class ByteAlphabet {
    /** The character of the space. */
    public static final char SPACE = '\u0120';

    private static final char[] CHARS = new char[256];
    private static final short[] BYTES = new short[256 + 256];

    static {
        Arrays.fill(BYTES, (short) -1);
        for (int b = 0, hidden = 256; b < 256; b++) {
            boolean visible = b >= '!' && b <= '~' || b >= 0xA1 && b != 0xAD;
            CHARS[b] = (char) (visible ? b : hidden++);
            BYTES[CHARS[b]] = (short) b;
        }
    }

    private ByteAlphabet() {}

    /** Returns the byte that a character stands for, or -1 if it stands for none. */
    public static int byteOf(int character) {
        return character < BYTES.length ? BYTES[character] : -1;
    }

    /** Appends the characters of the UTF-8 bytes of a range of a text, each with the place of its character. */
    public static void write(AlignedText text, int from, int to, AlignedText into) {
        char[] chars = text.chars();
        for (int i = from; i < to; i++) {
            int c = chars[i], start = text.start(i), end = text.end(i);
            if (c < 0x80) into.append(CHARS[c], start, end);
            else if (c < 0x800) {
                into.append(CHARS[0xC0 | c >> 6], start, end);
                into.append(CHARS[0x80 | c & 0x3F], start, end);
            } else if (Character.isHighSurrogate((char) c)) {
                int cp = Character.toCodePoint((char) c, chars[++i]);
                into.append(CHARS[0xF0 | cp >> 18], start, end);
                into.append(CHARS[0x80 | cp >> 12 & 0x3F], start, end);
                into.append(CHARS[0x80 | cp >> 6 & 0x3F], start, end);
                into.append(CHARS[0x80 | cp & 0x3F], start, end);
            } else {
                into.append(CHARS[0xE0 | c >> 12], start, end);
                into.append(CHARS[0x80 | c >> 6 & 0x3F], start, end);
                into.append(CHARS[0x80 | c & 0x3F], start, end);
            }
        }
    }

    /** Appends the bytes that a token's characters stand for, or its UTF-8 bytes if one of them stands for none. */
    public static void read(String token, java.io.ByteArrayOutputStream into) {
        for (int i = 0; i < token.length(); i++) {
            if (byteOf(token.charAt(i)) >= 0) continue;
            into.writeBytes(token.getBytes(StandardCharsets.UTF_8));
            return;
        }
        for (int i = 0; i < token.length(); i++) into.write(byteOf(token.charAt(i)));
    }
}
