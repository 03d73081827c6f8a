package panatorch.datasets.internal.raster;

import java.nio.ByteOrder;
import panatorch.datasets.internal.image.ByteReader;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Limits;
import panatorch.datasets.internal.image.Pixels;

/**
 * Decodes the portable any-maps of Netpbm, P1 to P6: bits, grey or colours, as text or bytes. As in Pillow, colours and small grey numbers
 * are scaled to 255; grey numbers with a maximum above 255 are scaled to 65535, and those above 255 become 255.
 */
public final class PortableMapDecoder {
    private static final int MAX_TOKEN = 10;

    private final ByteReader in;

    private PortableMapDecoder(byte[] file) { in = ByteReader.of(file, ByteOrder.BIG_ENDIAN); }

    /** Returns whether a file is a portable any-map by its first bytes. */
    public static boolean begins(byte[] file) {
        return file.length > 2 && file[0] == 'P' && file[1] >= '1' && file[1] <= '6' && (isSpace(file[2]) || file[2] == '#');
    }

    /** Decodes a file. */
    public static Pixels decode(byte[] file) throws ImageFormatException {
        return new PortableMapDecoder(file).pixels(file[1] - '0');
    }

    private Pixels pixels(int kind) throws ImageFormatException {
        in.seek(2);
        int width = number(), height = number();
        Limits.require(width, height);
        boolean text = kind <= 3, bits = kind == 1 || kind == 4, colours = kind == 3 || kind == 6;
        int max = bits ? 1 : number();
        if (max < 1 || max > 65535) throw ImageFormatException.damaged("its greatest number is " + max);
        long samples = (long) width * height * (colours ? 3 : 1);
        long bytes = text ? samples : bits ? (width + 7L) / 8 * height : max > 255 ? 2 * samples : samples;
        if (bytes > in.remaining()) throw Limits.tooShort(width, height, in.length());
        var pixels = Pixels.blank(width, height);
        for (int y = 0; y < height; y++) {
            for (int x = 0, octet = 0; x < width; x++) {
                int at = y * width + x;
                if (bits) {
                    if (!text && x % 8 == 0) octet = in.u8();
                    boolean black = text ? digit() == 1 : (octet << x % 8 & 0x80) != 0;
                    int grey = black ? 0 : 255;
                    pixels.set(at, grey, grey, grey);
                } else if (colours) pixels.set(at, scaled(text, max, 255), scaled(text, max, 255), scaled(text, max, 255));
                else {
                    int grey = Math.min(255, scaled(text, max, max > 255 ? 65535 : 255));
                    pixels.set(at, grey, grey, grey);
                }
            }
        }
        return pixels;
    }

    private int scaled(boolean text, int max, int full) throws ImageFormatException {
        int value = text ? number() : max > 255 ? in.u16() : in.u8();
        if (text && value > max) throw ImageFormatException.damaged("it has the number " + value + ", which is above " + max);
        return max == full ? value : (int) Math.min(full, Math.rint(value / (double) max * full));
    }

    /** Reads a bit as text, which no space need follow. */
    private int digit() throws ImageFormatException {
        for (;;) {
            int c = in.u8();
            if (c == '#') skipComment();
            else if (c == '0' || c == '1') return c - '0';
            else if (!isSpace(c)) throw ImageFormatException.damaged("it has a character that is no bit");
        }
    }

    /** Reads a number and the one character behind it. */
    private int number() throws ImageFormatException {
        long value = 0;
        for (int digits = 0; digits <= MAX_TOKEN;) {
            if (digits > 0 && in.remaining() == 0) return (int) value;
            int c = in.u8();
            if (c == '#') skipComment();
            else if (c >= '0' && c <= '9') {
                value = 10 * value + c - '0';
                digits++;
            } else if (!isSpace(c)) throw ImageFormatException.damaged("it has a character that is no number");
            else if (digits > 0) return (int) Math.min(value, Integer.MAX_VALUE);
        }
        throw ImageFormatException.damaged("a number is too long");
    }

    private void skipComment() throws ImageFormatException {
        for (int c = in.u8(); c != '\n' && c != '\r';) c = in.u8();
    }

    private static boolean isSpace(int c) { return c == ' ' || c >= '\t' && c <= '\r'; }
}
