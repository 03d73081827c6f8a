package panatorch.datasets.internal.webp;

import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.internal.image.ByteReader;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Limits;
import panatorch.datasets.internal.image.Orientation;
import panatorch.datasets.internal.image.Pixels;

/**
 * Decodes WebP files: lossy or lossless, of an animation the first picture on its canvas. Transparency is dropped. The pixels are those of
 * libwebp with its default settings.
 */
public final class WebpDecoder {
    private static final int FILE_HEADER = 12, LOSSY = tag("VP8 "), LOSSLESS = tag("VP8L"), EXTENDED = tag("VP8X"), FRAME = tag("ANMF"),
            EXIF = tag("EXIF"), XMP = tag("XMP ");
    private static final int FRAME_HEADER = 16;
    /** The side of a macroblock. Its prediction modes alone take more than one bit. */
    private static final int MACROBLOCK = 16;
    /**
     * The pixels that a lossless picture may have whatever its length, as a picture of one colour takes no bits for its pixels; and the
     * pixels that a bit can hold otherwise, the longest copy of earlier pixels.
     */
    private static final long FREE_PIXELS = 1 << 24, LONGEST_COPY = 4096;

    private final byte[] file;
    private final ByteReader in;
    private int canvasWidth, canvasHeight;
    private @Nullable Pixels pixels;
    private byte @Nullable [] exif, xmp;

    private WebpDecoder(byte[] file) {
        this.file = file;
        in = ByteReader.of(file, ByteOrder.LITTLE_ENDIAN);
    }

    /** Returns whether a file is a WebP by its first bytes. */
    public static boolean begins(byte[] file) {
        return ByteReader.matches(file, 0, "RIFF") && ByteReader.matches(file, 8, "WEBP");
    }

    /** Decodes a file and turns the image upright. */
    public static Pixels decode(byte[] file) throws ImageFormatException {
        var decoder = new WebpDecoder(file);
        decoder.chunks();
        if (decoder.pixels == null) throw ImageFormatException.damaged("it has no picture");
        return decoder.pixels.upright(Orientation.of(decoder.exif, decoder.xmp));
    }

    private void chunks() throws ImageFormatException {
        long end = in.seek(4).u32() + 8;
        if (end > file.length) throw ImageFormatException.truncated();
        in.seek(FILE_HEADER);
        while (in.position() + 8 <= end) {
            int kind = in.s32();
            long length = in.u32();
            int from = in.position();
            if (length > file.length - from) {
                if (pixels != null) return;
                throw ImageFormatException.truncated();
            }
            take(kind, from, (int) (from + length));
            in.seek(Math.min(file.length, from + length + (length & 1)));
        }
    }

    private void take(int kind, int from, int end) throws ImageFormatException {
        if (kind == EXIF) exif = in.bytes(end - from);
        else if (kind == XMP) xmp = in.bytes(end - from);
        else if (pixels != null) return;
        else if (kind == LOSSY || kind == LOSSLESS) pixels = picture(kind, from, end);
        else if (kind == EXTENDED) {
            in.skip(4);
            canvasWidth = u24() + 1;
            canvasHeight = u24() + 1;
            Limits.require(canvasWidth, canvasHeight);
        } else if (kind == FRAME) frame(end);
    }

    private int u24() throws ImageFormatException { return in.u16() | in.u8() << 16; }

    /** Decodes the first picture of an animation, and puts it on the canvas, which is black where it is transparent. */
    private void frame(int end) throws ImageFormatException {
        int from = in.position(), left = 2 * u24(), top = 2 * u24();
        in.seek(from + (long) FRAME_HEADER);
        while (in.position() + 8 <= end) {
            int kind = in.s32();
            long length = in.u32();
            int at = in.position();
            if (length > end - at) throw ImageFormatException.truncated();
            if (kind == LOSSY || kind == LOSSLESS) {
                pixels = onCanvas(picture(kind, at, (int) (at + length)), left, top);
                return;
            }
            in.seek(Math.min(file.length, at + length + (length & 1)));
        }
    }

    private Pixels onCanvas(Pixels picture, int left, int top) throws ImageFormatException {
        if (left == 0 && top == 0 && picture.width() == canvasWidth && picture.height() == canvasHeight) return picture;
        if (left + picture.width() > canvasWidth || top + picture.height() > canvasHeight)
            throw ImageFormatException.damaged("its first picture lies outside the canvas");
        var canvas = Pixels.blank(canvasWidth, canvasHeight);
        for (int y = 0; y < picture.height(); y++)
            System.arraycopy(picture.rgb(), 3 * y * picture.width(), canvas.rgb(), 3 * ((top + y) * canvasWidth + left),
                    3 * picture.width());
        return canvas;
    }

    private Pixels picture(int kind, int from, int end) throws ImageFormatException {
        requirePlausible(kind == LOSSY, from, end);
        return kind == LOSSY ? LossyPicture.decode(file, from, end) : LosslessPicture.decode(file, from, end);
    }

    /** A damaged or hostile file may declare far more pixels than its bytes can hold, which would all be computed before that shows. */
    private void requirePlausible(boolean lossy, int from, int end) throws ImageFormatException {
        var header = ByteReader.of(file, from, end, ByteOrder.LITTLE_ENDIAN);
        int width, height;
        long bits = 8L * (end - from);
        boolean fits;
        if (lossy) {
            width = header.seek(6).u16() & 0x3FFF;
            height = header.u16() & 0x3FFF;
            fits = (long) ((width + MACROBLOCK - 1) / MACROBLOCK) * ((height + MACROBLOCK - 1) / MACROBLOCK) <= bits;
        } else {
            int size = header.seek(1).s32();
            width = (size & 0x3FFF) + 1;
            height = (size >> 14 & 0x3FFF) + 1;
            fits = (long) width * height <= FREE_PIXELS + LONGEST_COPY * bits;
        }
        Limits.require(width, height);
        if (!fits) throw Limits.tooShort(width, height, end - from);
    }

    private static int tag(String name) { return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24; }
}
