package panatorch.text.internal.decoders;

/** Decodes UTF-8 that may be broken. */
final class Utf8 {
    private static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /**
     * Decodes bytes. Each longest part that could begin a character but does not go on so becomes one U+FFFD, as Unicode recommends
     * (chapter 3.9) and Rust does; Java's own decoder takes encoded surrogates and truncated ends together.
     */
    static String decode(byte[] bytes) {
        var text = new StringBuilder(bytes.length);
        for (int at = 0; at < bytes.length;) {
            int lead = bytes[at++] & 0xFF;
            if (lead < 0x80) {
                text.append((char) lead);
                continue;
            }
            int more = lead < 0xC2 || lead > 0xF4 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
            int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
            int c = lead & 0x3F >> more;
            boolean whole = more > 0;
            for (int i = 0; i < more && whole; i++) {
                int next = at < bytes.length ? bytes[at] & 0xFF : 0;
                whole = next >= low && next <= high;
                if (!whole) break;
                c = c << 6 | next & 0x3F;
                at++;
                low = 0x80;
                high = 0xBF;
            }
            if (whole) text.appendCodePoint(c);
            else text.append(REPLACEMENT);
        }
        return text.toString();
    }
}
