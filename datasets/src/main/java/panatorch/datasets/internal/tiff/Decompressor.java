package panatorch.datasets.internal.tiff;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import panatorch.datasets.internal.image.ImageFormatException;

/** Undoes the lossless compressions of strips and tiles. */
final class Decompressor {
    private static final int NONE = 1, HUFFMAN = 2, FAX_3 = 3, FAX_4 = 4, LZW = 5, ADOBE_DEFLATE = 8, DEFLATE = 32946, PACK_BITS = 32773;
    private static final int CLEAR = 256, END = 257, MAX_BITS = 12;
    private static final int MAX_RATIO = 1040;

    private final int compression, faxOptions;
    private final boolean reversed;

    Decompressor(Directory tags) throws ImageFormatException {
        compression = (int) tags.number(Directory.COMPRESSION, 1);
        faxOptions = (int) tags.number(Directory.FAX_OPTIONS, 0);
        reversed = tags.number(Directory.FILL_ORDER, 1) == 2;
    }

    /** Returns {@code size} bytes. */
    byte[] decompress(byte[] stored, int size, int width, int rows) throws ImageFormatException {
        if (reversed) for (int i = 0; i < stored.length; i++) stored[i] = (byte) (Integer.reverse(stored[i]) >>> 24);
        if (size / MAX_RATIO > stored.length + 64L && compression != FAX_4)
            throw new ImageFormatException("its header declares " + width + "×" + rows + " pixels in " + stored.length + " bytes");
        var to = new byte[size];
        switch (compression) {
            case NONE -> {
                if (stored.length < size) throw ImageFormatException.truncated();
                System.arraycopy(stored, 0, to, 0, size);
            }
            case LZW -> lzw(stored, to);
            case ADOBE_DEFLATE, DEFLATE -> inflate(stored, to);
            case PACK_BITS -> packBits(stored, to);
            case HUFFMAN, FAX_3, FAX_4 -> new FaxDecoder(stored, width, compression, faxOptions).decode(to, rows);
            default -> throw ImageFormatException.unsupported("a TIFF with compression " + compression);
        }
        return to;
    }

    private static void inflate(byte[] from, byte[] to) throws ImageFormatException {
        var inflater = new Inflater();
        try {
            inflater.setInput(from);
            int at = 0;
            for (int n; at < to.length && (n = inflater.inflate(to, at, to.length - at)) > 0;) at += n;
            if (at < to.length) throw ImageFormatException.truncated();
        } catch (DataFormatException e) {
            throw ImageFormatException.damaged("its compressed data is invalid");
        } finally {
            inflater.end();
        }
    }

    private static void packBits(byte[] from, byte[] to) throws ImageFormatException {
        for (int in = 0, out = 0; out < to.length;) {
            if (in + 1 >= from.length) throw ImageFormatException.truncated();
            int head = from[in++];
            if (head >= 0) {
                int n = Math.min(head + 1, to.length - out);
                if (in + n > from.length) throw ImageFormatException.truncated();
                System.arraycopy(from, in, to, out, n);
                in += head + 1;
                out += n;
            } else if (head != -128) {
                for (int i = 0; i < 1 - head && out < to.length; i++) to[out++] = from[in];
                in++;
            }
        }
    }

    /** Undoes LZW with the highest bits first, whose codes grow one earlier than they need to (TIFF 6.0, section 13). */
    private static void lzw(byte[] from, byte[] to) throws ImageFormatException {
        if (from.length > 1 && from[0] == 0 && (from[1] & 1) != 0)
            throw ImageFormatException.unsupported("a TIFF with the old kind of LZW");
        var starts = new int[1 << MAX_BITS];
        var lengths = new int[1 << MAX_BITS];
        int next = END + 1, bits = 9, last = -1, at = 0, in = 0, buffer = 0, count = 0;
        while (at < to.length) {
            while (count < bits) {
                if (in >= from.length) throw ImageFormatException.truncated();
                buffer = buffer << 8 | from[in++] & 0xFF;
                count += 8;
            }
            int code = buffer >> count - bits & (1 << bits) - 1;
            count -= bits;
            if (code == END) throw ImageFormatException.truncated();
            if (code == CLEAR) {
                next = END + 1;
                bits = 9;
                last = -1;
                continue;
            }
            if (code > next || code == next && last < 0 || code > END && last < 0)
                throw ImageFormatException.damaged("its LZW code is invalid");
            int begin = at;
            if (last >= 0 && next < 1 << MAX_BITS) { // the string before and the first byte of this one, which follows it in the output
                lengths[next] = 1 + (last < CLEAR ? 1 : lengths[last]);
                starts[next] = begin - lengths[next] + 1;
            }
            if (code < CLEAR) to[at++] = (byte) code;
            else for (int i = starts[code], n = Math.min(lengths[code], to.length - at); n > 0; n--) to[at++] = to[i++];
            if (last >= 0 && next < 1 << MAX_BITS) {
                next++;
                if (next + 1 == 1 << bits && bits < MAX_BITS) bits++;
            }
            last = code;
        }
    }
}
