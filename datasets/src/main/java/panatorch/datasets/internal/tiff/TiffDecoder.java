package panatorch.datasets.internal.tiff;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.internal.image.ByteReader;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Limits;
import panatorch.datasets.internal.image.Orientation;
import panatorch.datasets.internal.image.Pixels;
import panatorch.datasets.internal.jpeg.ColorSpace;
import panatorch.datasets.internal.jpeg.JpegDecoder;

/**
 * Decodes the first image of a TIFF or BigTIFF file, in strips or tiles: bits, grey, palette, RGB, CMYK and YCbCr; not compressed, or with
 * LZW, Deflate, PackBits, JPEG or a fax code. As in Pillow, of colours of 16 bits the upper byte is kept, and grey numbers of more than 8
 * bits, signed or floating-point ones too, are limited to 0 to 255.
 */
public final class TiffDecoder {
    private static final int JPEG = 7;

    private final Directory tags;
    private final Samples samples;
    private final int width, height;
    private final boolean planar, tiled;
    private final int chunkWidth, chunkHeight;

    private TiffDecoder(byte[] file) throws ImageFormatException {
        tags = new Directory(file);
        long w = tags.number(Directory.WIDTH, 0), h = tags.number(Directory.HEIGHT, 0);
        Limits.require(w, h);
        width = (int) w;
        height = (int) h;
        samples = new Samples(tags);
        planar = tags.number(Directory.PLANAR, 1) == 2 && samples.count() > 1;
        tiled = tags.has(Directory.TILE_OFFSETS);
        long across = tiled ? tags.number(Directory.TILE_WIDTH, 0) : width;
        long down = tiled ? tags.number(Directory.TILE_HEIGHT, 0) : Math.min(tags.number(Directory.ROWS_PER_STRIP, height), height);
        if (across < 1 || down < 1) throw ImageFormatException.damaged("its tiles have " + across + "×" + down + " pixels");
        Limits.require(across, down);
        chunkWidth = (int) across;
        chunkHeight = (int) down;
    }

    /** Returns whether a file is a TIFF by its first bytes. */
    public static boolean begins(byte[] file) {
        return ByteReader.matches(file, 0, "II*\0") || ByteReader.matches(file, 0, "MM\0*") || ByteReader.matches(file, 0, "II+\0")
                || ByteReader.matches(file, 0, "MM\0+");
    }

    /** Decodes a file and turns the image upright. */
    public static Pixels decode(byte[] file) throws ImageFormatException {
        if (file.length < 8) throw ImageFormatException.truncated();
        var decoder = new TiffDecoder(file);
        var pixels = Pixels.blank(decoder.width, decoder.height);
        decoder.chunks(pixels);
        return pixels.upright(decoder.orientation());
    }

    private int orientation() throws ImageFormatException {
        long own = tags.number(Directory.ORIENTATION, 0);
        return tags.has(Directory.ORIENTATION) ? own <= 8 ? (int) own : 1 : Orientation.of(null, tags.bytes(Directory.XMP));
    }

    private void chunks(Pixels pixels) throws ImageFormatException {
        long[] offsets = tags.numbers(tiled ? Directory.TILE_OFFSETS : Directory.STRIP_OFFSETS),
                lengths = tags.numbers(tiled ? Directory.TILE_BYTES : Directory.STRIP_BYTES);
        int across = ceil(width, chunkWidth), down = ceil(height, chunkHeight), each = across * down, planes = planar ? samples.count() : 1;
        if ((long) each * planes > offsets.length) throw ImageFormatException.truncated();
        var decompressor = new Decompressor(tags);
        for (int i = 0; i < each; i++) {
            int left = i % across * chunkWidth, top = i / across * chunkHeight;
            int rows = tiled ? chunkHeight : Math.min(chunkHeight, height - top);
            if (tags.number(Directory.COMPRESSION, 1) == JPEG && !planar) {
                Pixels chunk = jpeg(stored(offsets, lengths, i));
                copy(chunk, pixels, left, top);
                continue;
            }
            var planesOfChunk = new byte[planes][];
            for (int p = 0; p < planes; p++) {
                int rowBytes = samples.rowBytes(chunkWidth, planar), size = samples.chunkBytes(chunkWidth, rows, planar);
                planesOfChunk[p] = decompressor.decompress(stored(offsets, lengths, p * each + i), size, chunkWidth, rows);
                samples.undoPrediction(planesOfChunk[p], rowBytes, chunkWidth, rows, planar ? 1 : samples.count());
            }
            for (int y = 0, lines = Math.min(rows, height - top); y < lines; y++)
                samples.convert(planesOfChunk, y, chunkWidth, Math.min(chunkWidth, width - left), pixels, (top + y) * width + left);
        }
    }

    private byte[] stored(long[] offsets, long[] lengths, int i) throws ImageFormatException {
        byte[] file = tags.file();
        long from = offsets[i], length = i < lengths.length ? lengths[i] : file.length - from;
        if (from < 0 || from > file.length) throw ImageFormatException.truncated();
        return Arrays.copyOfRange(file, (int) from, (int) Math.min(file.length, from + Math.max(0, length)));
    }

    private Pixels jpeg(byte[] stream) throws ImageFormatException {
        byte @Nullable [] tables = tags.bytes(Directory.JPEG_TABLES);
        boolean chroma = tags.number(Directory.PHOTOMETRIC, 0) == Samples.YCBCR;
        return JpegDecoder.decode(stream, tables, chroma ? ColorSpace.YCBCR : ColorSpace.RGB);
    }

    private static void copy(Pixels from, Pixels to, int left, int top) {
        int count = Math.min(from.width(), to.width() - left);
        for (int y = 0; y < Math.min(from.height(), to.height() - top); y++)
            System.arraycopy(from.rgb(), 3 * y * from.width(), to.rgb(), 3 * ((top + y) * to.width() + left), 3 * count);
    }

    static int ceil(int a, int b) { return (a + b - 1) / b; }
}
