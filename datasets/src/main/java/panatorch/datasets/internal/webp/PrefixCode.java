package panatorch.datasets.internal.webp;

import java.util.Arrays;
import panatorch.datasets.internal.image.ImageFormatException;

/** A prefix code of a lossless picture (RFC 9649, section 6.2). */
final class PrefixCode {
    private static final int MAX_LENGTH = 15, LOOK = 8;
    private static final int[] LENGTH_ORDER = {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    /** By the next {@value #LOOK} bits: length and symbol shifted by 8; a longer code has the length 0. */
    private final int[] entries = new int[1 << LOOK];
    private final int[] symbols, counts = new int[MAX_LENGTH + 1];
    private final int longest;

    private PrefixCode(int[] lengths) throws ImageFormatException {
        int used = 0, only = 0;
        for (int s = 0; s < lengths.length; s++) {
            if (lengths[s] == 0) continue;
            counts[lengths[s]]++;
            used++;
            only = s;
        }
        if (used == 0) throw ImageFormatException.damaged("a prefix code has no symbols");
        symbols = new int[used];
        if (used == 1) { // takes no bits
            Arrays.fill(entries, only << 8);
            longest = 0;
            return;
        }
        longest = MAX_LENGTH;
        var next = new int[MAX_LENGTH + 2];
        int code = 0;
        for (int length = 1, place = 0; length <= MAX_LENGTH; place += counts[length++]) {
            next[length] = place;
            code = code + counts[length] << 1;
        }
        if (code != 1 << MAX_LENGTH + 1) throw ImageFormatException.damaged("a prefix code is not complete");
        for (int s = 0; s < lengths.length; s++) if (lengths[s] != 0) symbols[next[lengths[s]]++] = s;
        enter();
    }

    private void enter() {
        int code = 0, place = 0;
        for (int length = 1; length <= LOOK; length++, code <<= 1)
            for (int i = 0; i < counts[length]; i++, code++, place++)
                for (int low = Integer.reverse(code) >>> 32 - length; low < entries.length; low += 1 << length)
                    entries[low] = symbols[place] << 8 | length;
    }

    int read(BitReader in) {
        if (longest == 0) return entries[0] >> 8;
        int bits = in.peek(), entry = entries[bits & (1 << LOOK) - 1];
        if (entry != 0) {
            in.skip(entry & 0xFF);
            return entry >> 8;
        }
        int code = 0, first = 0, place = 0;
        for (int length = 1; length <= MAX_LENGTH; length++, bits >>>= 1) {
            code = code << 1 | bits & 1;
            first <<= 1;
            int offset = code - first;
            if (offset < counts[length]) {
                in.skip(length);
                return symbols[place + offset];
            }
            first += counts[length];
            place += counts[length];
        }
        throw new IllegalStateException("a complete code has every bit pattern");
    }

    /** Reads a code of {@code size} symbols. */
    static PrefixCode read(BitReader in, int size) throws ImageFormatException {
        var lengths = new int[size];
        if (in.number(1) != 0) {
            int count = in.number(1) + 1;
            enter(lengths, in.number(in.number(1) == 0 ? 1 : 8));
            if (count == 2) enter(lengths, in.number(8));
        } else {
            var lengthLengths = new int[LENGTH_ORDER.length];
            for (int i = 0, n = 4 + in.number(4); i < n; i++) lengthLengths[LENGTH_ORDER[i]] = in.number(3);
            lengths(in, new PrefixCode(lengthLengths), lengths);
        }
        in.requireNotEnded();
        return new PrefixCode(lengths);
    }

    private static void enter(int[] lengths, int symbol) throws ImageFormatException {
        if (symbol >= lengths.length) throw ImageFormatException.damaged("a prefix code has an unknown symbol");
        lengths[symbol] = 1;
    }

    private static void lengths(BitReader in, PrefixCode code, int[] lengths) throws ImageFormatException {
        int most = lengths.length;
        if (in.number(1) != 0) {
            int bits = 2 + 2 * in.number(3);
            most = 2 + in.number(bits);
        }
        for (int at = 0, previous = 8; at < lengths.length && most > 0; most--) {
            int length = code.read(in);
            if (length < 16) {
                lengths[at++] = length;
                if (length != 0) previous = length;
                continue;
            }
            int repeats = switch (length) {
                case 16 -> 3 + in.number(2);
                case 17 -> 3 + in.number(3);
                default -> 11 + in.number(7);
            };
            if (at + repeats > lengths.length) throw ImageFormatException.damaged("a prefix code has too many symbols");
            Arrays.fill(lengths, at, at += repeats, length == 16 ? previous : 0);
        }
    }
}
