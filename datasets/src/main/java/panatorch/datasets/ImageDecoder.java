package panatorch.datasets;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import javax.imageio.IIOException;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import org.jspecify.annotations.Nullable;

/** Decodes JPEG, PNG, BMP, GIF (its first picture) and WebP, and turns images upright by their EXIF orientation. */
final class ImageDecoder {
    /** The largest image that is decoded, as in Pillow: a larger one is a damaged header or a decompression bomb. */
    private static final long MAX_PIXELS = 178_956_970;

    /** Image readers by format, Java's own first: it is the fastest, and the others read files that it cannot. */
    private static final Map<String, List<ImageReaderSpi>> READERS = new ConcurrentHashMap<>();

    private static final String TRUNCATED = "it is truncated";

    private ImageDecoder() {}

    /**
     * Decodes the content of a file.
     *
     * @throws IOException if {@code file} is not an image, is damaged, or is larger than the Java heap; the message says what is wrong, but
     * does not name the file
     */
    static Pixels decode(byte[] file) throws IOException {
        if (file.length == 0) throw new IIOException("it is empty");
        String format = format(file);
        if (format == null) throw new IIOException("it is not a JPEG, PNG, BMP, GIF or WebP");
        // The WebP reader takes missing bytes for zeros, but the header holds the file's length.
        if (format.equals("webp") && file.length < ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(4) + 8L)
            throw new Fault(TRUNCATED);
        if (format.equals("webp")) requirePlausible(WebpHeader.of(file));
        JpegHeader jpeg = JpegHeader.begins(file) ? JpegHeader.of(file) : null;
        IOException failure = null;
        for (ImageReaderSpi spi : READERS.computeIfAbsent(format, ImageDecoder::readers)) {
            ImageReader reader = spi.createReaderInstance();
            try (var stream = new ByteArrayImageInput(file)) {
                open(reader, stream);
                return jpeg == null ? Pixels.of(reader.read(0)) : jpeg(jpeg, reader);
            } catch (Fault e) {
                throw e;
            } catch (IOException | RuntimeException e) { // readers of damaged files throw any of them
                if (failure == null) failure = new IIOException("it is damaged: " + reason(e), e);
            } catch (OutOfMemoryError e) { // a small file may declare any number of pixels
                long heap = Runtime.getRuntime().maxMemory() >> 20;
                throw new IIOException("its pixels do not fit into the Java heap of " + heap + " MiB; raise it with -Xmx", e);
            } finally {
                reader.dispose();
            }
        }
        throw failure != null ? failure : new IIOException(
                "no ImageIO reader for " + format + " is installed; add the jar of com.twelvemonkeys.imageio:imageio-" + format);
    }

    /** Returns the message of an exception, with its cause where the message ends with a colon, as some of Java's do. */
    private static String reason(Exception e) {
        String message = e.getMessage();
        if (!(e instanceof IIOException) || message == null) return e.toString();
        return message.strip().endsWith(":") && e.getCause() != null ? message.strip() + " " + e.getCause() : message;
    }

    private static void open(ImageReader reader, ByteArrayImageInput stream) throws IOException {
        reader.setInput(stream, true, true);
        requireWithinLimit(reader.getWidth(0), reader.getHeight(0));
    }

    private static void requirePlausible(WebpHeader header) throws IOException {
        requireWithinLimit(header.width(), header.height());
        if (!header.fits())
            throw new Fault("its header declares " + header.width() + "×" + header.height() + " pixels, more than its " + header.bytes()
                    + " bytes can hold");
    }

    private static void requireWithinLimit(int width, int height) throws IOException {
        if ((long) width * height > MAX_PIXELS)
            throw new Fault("its header declares " + width + "×" + height + " pixels; the limit is " + MAX_PIXELS / 1_000_000 + " million");
    }

    private static Pixels jpeg(JpegHeader header, ImageReader reader) throws IOException {
        var cut = new boolean[1];
        reader.addIIOReadWarningListener((source, warning) -> cut[0] |= warning.contains("Missing EOI")); // said of any missing data
        // Java's reader does not convert four channels; the other one applies a colour profile, which Pillow does not.
        Pixels pixels = header.components() == 4 ? Pixels.ofInvertedCmyk(reader.readRaster(0, null), header.adobe() == 2)
                : Pixels.of(reader.read(0));
        if (cut[0]) throw new Fault(TRUNCATED);
        return pixels.upright(header.orientation());
    }

    private static List<ImageReaderSpi> readers(String format) {
        var all = IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true);
        return Stream.iterate(all, i -> i.hasNext(), i -> i).map(i -> i.next())
                .filter(spi -> Stream.of(spi.getFormatNames()).anyMatch(format::equalsIgnoreCase))
                .sorted(Comparator.comparing(spi -> !spi.getClass().getName().startsWith("com.sun."))).toList();
    }

    private static @Nullable String format(byte[] file) {
        if (JpegHeader.begins(file)) return "jpeg";
        if (startsWith(file, 0, "\u0089PNG\r\n")) return "png";
        if (startsWith(file, 0, "GIF8")) return "gif";
        if (startsWith(file, 0, "BM")) return "bmp";
        return startsWith(file, 0, "RIFF") && startsWith(file, 8, "WEBP") ? "webp" : null;
    }

    private static boolean startsWith(byte[] file, int from, String text) {
        if (file.length < from + text.length()) return false;
        for (int i = 0; i < text.length(); i++) if ((file[from + i] & 0xFF) != text.charAt(i)) return false;
        return true;
    }

    /** An error that any other reader would have as well. */
    private static final class Fault extends IOException {
        private static final long serialVersionUID = 1;

        Fault(String what) { super(what); }
    }
}
