package panatorch.datasets.internal.webp;

import java.util.ArrayList;
import java.util.List;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Limits;
import panatorch.datasets.internal.image.Pixels;

/** Decodes a lossless picture (RFC 9649, sections 4 to 7). */
final class LosslessPicture {
    private static final int SIGNATURE = 0x2F, LITERALS = 256, LENGTHS = 24, DISTANCES = 40, NEAR = 120;
    private static final int PREDICTOR = 0, COLOUR = 1, SUBTRACT_GREEN = 2;
    private static final int CACHE_FACTOR = 0x1E35A7BD, MAX_CACHE_BITS = 11;

    private final BitReader in;

    private LosslessPicture(BitReader in) { this.in = in; }

    /** Decodes the picture whose chunk lies from {@code from} to {@code end}. */
    static Pixels decode(byte[] file, int from, int end) throws ImageFormatException {
        var picture = new LosslessPicture(new BitReader(file, from, end));
        return picture.pixels();
    }

    private Pixels pixels() throws ImageFormatException {
        if (in.number(8) != SIGNATURE) throw ImageFormatException.damaged("its picture has no signature");
        int width = in.number(14) + 1, height = in.number(14) + 1;
        in.number(1); // whether alpha is used
        if (in.number(3) != 0) throw ImageFormatException.damaged("its picture has an unknown version");
        Limits.require(width, height);
        List<Transform> transforms = new ArrayList<>();
        int seen = 0, coded = width;
        while (in.number(1) != 0) {
            int kind = in.number(2);
            if ((seen & 1 << kind) != 0) throw ImageFormatException.damaged("a transform comes twice");
            seen |= 1 << kind;
            Transform transform = transform(kind, coded, height);
            transforms.add(transform);
            coded = transform.codedWidth();
        }
        int[] argb = image(coded, height, true);
        for (Transform t : transforms.reversed()) argb = t.undo(argb, height);
        var pixels = Pixels.blank(width, height);
        for (int i = 0; i < argb.length; i++) pixels.set(i, argb[i] >> 16, argb[i] >> 8, argb[i]);
        return pixels;
    }

    private Transform transform(int kind, int width, int height) throws ImageFormatException {
        if (kind == SUBTRACT_GREEN) return new Transform.AddGreen(width);
        if (kind == PREDICTOR || kind == COLOUR) {
            int bits = in.number(3) + 2;
            int[] tiles = image(ceil(width, bits), ceil(height, bits), false);
            return kind == PREDICTOR ? new Transform.Predict(width, bits, tiles) : new Transform.Correlate(width, bits, tiles);
        }
        int colours = in.number(8) + 1, bits = colours > 16 ? 0 : colours > 4 ? 1 : colours > 2 ? 2 : 3;
        int[] palette = image(colours, 1, false);
        for (int i = 1; i < colours; i++) palette[i] = Transform.add(palette[i], palette[i - 1]);
        return new Transform.Palette(width, bits, palette);
    }

    private static int ceil(int size, int bits) { return size + (1 << bits) - 1 >> bits; }

    /** The five codes of a group: green with lengths and cache, red, blue, alpha, distance. */
    private record Codes(PrefixCode green, PrefixCode red, PrefixCode blue, PrefixCode alpha, PrefixCode distance) {}

    private Codes codes(int cacheSize) throws ImageFormatException {
        return new Codes(PrefixCode.read(in, LITERALS + LENGTHS + cacheSize), PrefixCode.read(in, LITERALS), PrefixCode.read(in, LITERALS),
                PrefixCode.read(in, LITERALS), PrefixCode.read(in, DISTANCES));
    }

    /** Reads an image of pixels or of numbers of transforms. */
    private int[] image(int width, int height, boolean whole) throws ImageFormatException {
        int cacheBits = in.number(1) == 0 ? 0 : in.number(4);
        if (cacheBits > MAX_CACHE_BITS) throw ImageFormatException.damaged("its colour cache has " + cacheBits + " bits");
        int bits = 0, groups = 1;
        int[] group = null;
        if (whole && in.number(1) != 0) {
            bits = in.number(3) + 2;
            group = image(ceil(width, bits), ceil(height, bits), false);
            for (int i = 0; i < group.length; i++) groups = Math.max(groups, 1 + (group[i] = group[i] >> 8 & 0xFFFF));
        }
        List<Codes> codes = new ArrayList<>();
        for (int i = 0; i < groups; i++) codes.add(codes(cacheBits == 0 ? 0 : 1 << cacheBits));
        var argb = new int[width * height];
        var cache = new int[1 << cacheBits];
        Codes now = codes.getFirst();
        for (int at = 0, x = 0, y = 0, cached = 0, across = ceil(width, bits); at < argb.length;) {
            if (group != null && (x & (1 << bits) - 1) == 0) now = codes.get(group[(y >> bits) * across + (x >> bits)]);
            int symbol = now.green.read(in), count = 1;
            if (symbol < LITERALS) {
                int red = now.red.read(in), blue = now.blue.read(in), alpha = now.alpha.read(in);
                argb[at] = alpha << 24 | red << 16 | symbol << 8 | blue;
            } else if (symbol < LITERALS + LENGTHS) {
                count = prefixed(symbol - LITERALS);
                int distance = distance(prefixed(now.distance.read(in)), width);
                if (distance > at || count > argb.length - at) throw outside(at, argb.length);
                for (int i = at; i < at + count; i++) argb[i] = argb[i - distance];
            } else {
                for (; cached < at; cached++) cache[slot(argb[cached], cacheBits)] = argb[cached];
                argb[at] = cache[symbol - LITERALS - LENGTHS];
            }
            at += count;
            x += count;
            if (x >= width) {
                in.requireNotEnded();
                for (; x >= width; x -= width) y++;
                if (group != null && at < argb.length) now = codes.get(group[(y >> bits) * across + (x >> bits)]);
            } else if (count > 1 && group != null) now = codes.get(group[(y >> bits) * across + (x >> bits)]);
            if (cacheBits > 0 && at - cached > 1 << 16) for (; cached < at; cached++) cache[slot(argb[cached], cacheBits)] = argb[cached];
        }
        in.requireNotEnded();
        return argb;
    }

    private ImageFormatException outside(int at, int all) throws ImageFormatException {
        in.requireNotEnded();
        return ImageFormatException.damaged("a copy at pixel " + at + " of " + all + " reaches outside the picture");
    }

    private static int slot(int argb, int bits) { return argb * CACHE_FACTOR >>> 32 - bits; }

    /** Reads the rest of a length or distance (section 5.2.2). */
    private int prefixed(int symbol) {
        if (symbol < 4) return symbol + 1;
        int extra = symbol - 2 >> 1, offset = 2 + (symbol & 1) << extra;
        return offset + in.number(extra) + 1;
    }

    /** Returns the distance in pixels: the first codes are places near the pixel. */
    private static int distance(int code, int width) {
        if (code > NEAR) return code - NEAR;
        int near = Tables.DISTANCES[code - 1];
        return Math.max(1, (near >> 4) * width + 8 - (near & 15));
    }
}
