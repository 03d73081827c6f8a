package panatorch.datasets.internal;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Pixels;
import panatorch.datasets.internal.jpeg.JpegDecoder;
import panatorch.datasets.internal.raster.BmpDecoder;
import panatorch.datasets.internal.raster.GifDecoder;
import panatorch.datasets.internal.raster.PngDecoder;
import panatorch.datasets.internal.raster.PortableMapDecoder;
import panatorch.datasets.internal.tiff.TiffDecoder;
import panatorch.datasets.internal.webp.WebpDecoder;

/** The formats of images that are decoded, each with its files' usual endings. */
public enum ImageDecoder {
    JPEG("JPEG", JpegDecoder::begins, JpegDecoder::decode, "jpg", "jpeg", "jpe", "jfif"),
    PNG("PNG", PngDecoder::begins, PngDecoder::decode, "png", "apng"),
    BMP("BMP", BmpDecoder::begins, BmpDecoder::decode, "bmp", "dib"),
    GIF("GIF", GifDecoder::begins, GifDecoder::decode, "gif"),
    WEBP("WebP", WebpDecoder::begins, WebpDecoder::decode, "webp"),
    TIFF("TIFF", TiffDecoder::begins, TiffDecoder::decode, "tif", "tiff"),
    PORTABLE_MAP("PPM", PortableMapDecoder::begins, PortableMapDecoder::decode, "ppm", "pgm", "pbm", "pnm");

    /** The endings of all formats, in lower case. */
    public static final Set<String> ENDINGS =
            Arrays.stream(values()).flatMap(f -> f.endings.stream()).collect(Collectors.toUnmodifiableSet());

    /** The names of all formats, for messages. */
    public static final String NAMES =
            Stream.of(values()).map(f -> f.title).collect(Collectors.joining(", ")).replaceFirst(", (?=\\w+$)", " or ");

    private interface Decoding {
        Pixels of(byte[] file) throws ImageFormatException;
    }

    private final String title;
    private final Predicate<byte[]> begins;
    private final Decoding decoding;
    private final Set<String> endings;

    ImageDecoder(String title, Predicate<byte[]> begins, Decoding decoding, String... endings) {
        this.title = title;
        this.begins = begins;
        this.decoding = decoding;
        this.endings = Set.of(endings);
    }

    /** Returns whether a file's name has one of the {@link #ENDINGS}. */
    public static boolean hasEnding(String name) {
        return ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }

    /**
     * Decodes the content of a file and turns the image upright.
     *
     * @throws ImageFormatException if {@code file} is not an image, is damaged, or is larger than the Java heap; the message says what is
     * wrong, but does not name the file
     */
    public static Pixels decode(byte[] file) throws ImageFormatException {
        if (file.length == 0) throw new ImageFormatException("it is empty");
        for (ImageDecoder format : values()) if (format.begins.test(file)) return format.decodeThis(file);
        throw new ImageFormatException("it is not a " + NAMES + OtherFormats.butIs(file));
    }

    private Pixels decodeThis(byte[] file) throws ImageFormatException {
        try {
            return decoding.of(file);
        } catch (IndexOutOfBoundsException | ArithmeticException | NegativeArraySizeException e) {
            // The decoders check numbers where they are used, and leave to Java what it checks anyway.
            throw new ImageFormatException("it is damaged: a number in it is out of range", e);
        } catch (OutOfMemoryError e) { // a small file may declare any number of pixels
            long heap = Runtime.getRuntime().maxMemory() >> 20;
            throw new ImageFormatException("its pixels do not fit into the Java heap of " + heap + " MiB; raise it with -Xmx", e);
        }
    }
}
