package panatorch.datasets.internal.raster;

import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.internal.image.ByteReader;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Limits;
import panatorch.datasets.internal.image.Orientation;
import panatorch.datasets.internal.image.Pixels;

/**
 * Decodes PNG (W3C recommendation, third edition): all colour types and depths, interlaced or not; of an animation the default image. As in
 * Pillow, of 16 bits the upper byte is kept, but grey numbers of 16 bits above 255 become 255.
 */
public final class PngDecoder {
    private static final int HEADER = 0x49484452, PALETTE = 0x504C5445, DATA = 0x49444154, END = 0x49454E44, EXIF = 0x65584966,
            TEXT = 0x74455874, COMPRESSED_TEXT = 0x7A545874, INTERNATIONAL_TEXT = 0x69545874;
    /** The bit of a chunk's type that is set if the chunk may be ignored. */
    private static final int ANCILLARY = 0x20000000;
    /** Deflate makes at most about 1032 bytes of one. */
    private static final int MAX_RATIO = 1040;
    private static final int MAX_TEXT = 1 << 24;
    private static final String XMP = "XML:com.adobe.xmp", RAW_EXIF = "Raw profile type exif";

    private final byte[] file;
    private final ByteReader in;
    private final Inflater inflater = new Inflater();
    private @Nullable PngRows rows;
    private byte @Nullable [] palette, exif, xmp;

    private PngDecoder(byte[] file) {
        this.file = file;
        in = ByteReader.of(file, ByteOrder.BIG_ENDIAN);
    }

    /** Returns whether a file is a PNG by its first bytes. */
    public static boolean begins(byte[] file) {
        return ByteReader.matches(file, 0, "\u0089PNG\r\n\u001a\n");
    }

    /** Decodes a file and turns the image upright. */
    public static Pixels decode(byte[] file) throws ImageFormatException {
        var decoder = new PngDecoder(file);
        try {
            return decoder.pixels().upright(Orientation.of(decoder.exif, decoder.xmp));
        } finally {
            decoder.inflater.end();
        }
    }

    private Pixels pixels() throws ImageFormatException {
        in.seek(8);
        while (in.remaining() >= 12 || rows == null || !rows.complete()) {
            long length = in.u32();
            int type = in.s32(), from = in.position();
            if (length > in.remaining()) {
                if (type == DATA) takeData(from, in.remaining());
                if (rows != null && rows.complete()) break;
                throw ImageFormatException.truncated();
            }
            if (type == END) break;
            in.skip(length);
            if (type == DATA) takeData(from, (int) length);
            else if (intact(from - 4, (int) length + 4)) take(type, from, (int) length);
            else if ((type & ANCILLARY) == 0) throw ImageFormatException.damaged("a chunk has a wrong checksum");
            in.skip(Math.min(4, in.remaining()));
        }
        if (rows == null || !rows.complete()) throw ImageFormatException.damaged("it has fewer pixels than its header declares");
        return rows.pixels();
    }

    private boolean intact(int from, int length) {
        var crc = new CRC32();
        crc.update(file, from, length);
        int at = from + length;
        return file.length - at >= 4 && (int) crc.getValue() == (file[at] << 24 | (file[at + 1] & 0xFF) << 16 | (file[at + 2] & 0xFF) << 8
                | file[at + 3] & 0xFF);
    }

    private void take(int type, int from, int length) throws ImageFormatException {
        switch (type) {
            case HEADER -> header(ByteReader.of(file, from, from + length, ByteOrder.BIG_ENDIAN));
            case PALETTE -> palette = Arrays.copyOfRange(file, from, from + length);
            case EXIF -> exif = Arrays.copyOfRange(file, from, from + length);
            case TEXT, COMPRESSED_TEXT, INTERNATIONAL_TEXT -> text(type, from, length);
            default -> {
            }
        }
    }

    private void header(ByteReader header) throws ImageFormatException {
        if (rows != null) throw ImageFormatException.damaged("it has two headers");
        long width = header.u32(), height = header.u32();
        Limits.require(width, height);
        int depth = header.u8(), colour = header.u8(), compression = header.u8(), filter = header.u8(), interlace = header.u8();
        if (compression != 0 || filter != 0 || interlace > 1)
            throw ImageFormatException.damaged("its compression, filter or interlacing is unknown");
        int bits = PngRows.bits(depth, colour);
        if ((width * bits + 7) / 8 * height > (long) file.length * MAX_RATIO) throw Limits.tooShort(width, height, file.length);
        rows = new PngRows((int) width, (int) height, depth, colour, interlace == 1);
    }

    private void takeData(int from, int length) throws ImageFormatException {
        if (rows == null) throw ImageFormatException.damaged("its header is missing");
        if (rows.complete()) return;
        rows.begin(palette);
        inflater.setInput(file, from, length);
        try {
            rows.take(inflater);
        } catch (DataFormatException e) {
            throw ImageFormatException.damaged("its compressed data is invalid");
        }
    }

    private void text(int type, int from, int length) {
        int end = from + length, key = indexOfZero(from, end);
        if (key < 0) return;
        String name = new String(file, from, key - from, StandardCharsets.ISO_8859_1);
        if (!name.equals(XMP) && !name.equals(RAW_EXIF)) return;
        int value = key + 1;
        boolean compressed = type == COMPRESSED_TEXT;
        if (type == COMPRESSED_TEXT) value++;
        if (type == INTERNATIONAL_TEXT) {
            if (end - value < 2) return;
            compressed = file[value] != 0;
            int language = indexOfZero(value + 2, end), keyword = language < 0 ? -1 : indexOfZero(language + 1, end);
            if (keyword < 0) return;
            value = keyword + 1;
        }
        if (value > end) return;
        byte[] content = compressed ? inflated(value, end) : Arrays.copyOfRange(file, value, end);
        if (content == null) return;
        if (name.equals(XMP)) xmp = content;
        else if (exif == null) exif = hexadecimal(content);
    }

    private int indexOfZero(int from, int end) {
        for (int i = from; i < end; i++) if (file[i] == 0) return i;
        return -1;
    }

    private byte @Nullable [] inflated(int from, int end) {
        var inflater = new Inflater();
        var result = new ByteArrayOutputStream();
        var buffer = new byte[8192];
        try {
            inflater.setInput(file, from, end - from);
            for (int n; (n = inflater.inflate(buffer)) > 0 && result.size() < MAX_TEXT;) result.write(buffer, 0, n);
            return result.toByteArray();
        } catch (DataFormatException e) {
            return null;
        } finally {
            inflater.end();
        }
    }

    /** Returns the bytes of a raw profile: a line break, its name, its length, then hexadecimal digits in lines. */
    private static byte @Nullable [] hexadecimal(byte[] profile) {
        String[] lines = new String(profile, StandardCharsets.ISO_8859_1).split("\n", -1);
        if (lines.length < 4) return null;
        try {
            return HexFormat.of().parseHex(String.join("", Arrays.asList(lines).subList(3, lines.length)).strip());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
