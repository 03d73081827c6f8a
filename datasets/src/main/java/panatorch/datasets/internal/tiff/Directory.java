package panatorch.datasets.internal.tiff;

import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.internal.image.ByteReader;
import panatorch.datasets.internal.image.ImageFormatException;

/** The entries of the first image of a TIFF or BigTIFF file, by their tags. */
final class Directory {
    static final int WIDTH = 256, HEIGHT = 257, BITS = 258, COMPRESSION = 259, PHOTOMETRIC = 262, FILL_ORDER = 266, STRIP_OFFSETS = 273,
            ORIENTATION = 274, SAMPLES = 277, ROWS_PER_STRIP = 278, STRIP_BYTES = 279, PLANAR = 284, FAX_OPTIONS = 292, PREDICTOR = 317,
            COLOUR_MAP = 320, TILE_WIDTH = 322, TILE_HEIGHT = 323, TILE_OFFSETS = 324, TILE_BYTES = 325, EXTRA_SAMPLES = 338,
            SAMPLE_FORMAT = 339, JPEG_TABLES = 347, CHROMA_SUBSAMPLING = 530, XMP = 700;
    private static final int BIG = 43, MAX_VALUES = 1 << 24;
    private static final int[] SIZES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

    private record Entry(int type, long count, long at) {}

    private final byte[] file;
    private final ByteOrder order;
    private final ByteReader in;
    private final Map<Integer, Entry> entries = new HashMap<>();

    Directory(byte[] file) throws ImageFormatException {
        this.file = file;
        order = file[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        in = ByteReader.of(file, order);
        boolean big = in.seek(2).u16() == BIG;
        in.seek(big ? in.seek(8).s64() : in.u32());
        long count = big ? in.s64() : in.u16();
        for (long i = 0; i < count; i++) {
            int tag = in.u16(), type = in.u16();
            long values = big ? in.s64() : in.u32();
            int at = in.position(), inline = big ? 8 : 4;
            if (type < SIZES.length && SIZES[type] > 0 && values >= 0 && values <= MAX_VALUES) {
                boolean fits = values * SIZES[type] <= inline;
                entries.putIfAbsent(tag, new Entry(type, values, fits ? at : big ? in.s64() : in.u32()));
            }
            in.seek(at + (long) inline);
        }
    }

    ByteOrder order() { return order; }

    byte[] file() { return file; }

    boolean has(int tag) { return entries.containsKey(tag); }

    /** Returns the first number of an entry, or {@code otherwise} if there is none. */
    long number(int tag, long otherwise) throws ImageFormatException {
        long[] values = numbers(tag);
        return values.length == 0 ? otherwise : values[0];
    }

    /** Returns the numbers of an entry; none if it is not there. */
    long[] numbers(int tag) throws ImageFormatException {
        Entry entry = entries.get(tag);
        if (entry == null) return new long[0];
        in.seek(entry.at);
        if (entry.count * SIZES[entry.type] > in.remaining()) throw ImageFormatException.truncated();
        var values = new long[(int) entry.count];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (entry.type) {
                case 1, 7 -> in.u8();
                case 6 -> (byte) in.u8();
                case 3 -> in.u16();
                case 8 -> (short) in.u16();
                case 4, 13 -> in.u32();
                case 9 -> in.s32();
                case 16, 17, 18 -> in.s64();
                default -> throw ImageFormatException.damaged("the entry " + tag + " is no whole number");
            };
        }
        return values;
    }

    /** Returns the bytes of an entry, or null if it is not there. */
    byte @Nullable [] bytes(int tag) throws ImageFormatException {
        Entry entry = entries.get(tag);
        return entry == null ? null : in.seek(entry.at).bytes(entry.count * SIZES[entry.type]);
    }
}
