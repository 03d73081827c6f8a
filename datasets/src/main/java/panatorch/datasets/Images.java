package panatorch.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.datasets.internal.ImageDecoder;
import panatorch.datasets.internal.image.Pixels;
import panatorch.internal.files.FileNames;

/**
 * Reads single images, such as a service receives.
 *
 * <p>
 * The format is recognised by the first bytes, whatever the file's name:
 * <ul>
 * <li>JPEG: sequential or progressive with Huffman codes, 8 bits; grey, YCbCr, RGB, CMYK and YCCK
 * <li>PNG: all colour types and depths, interlaced or not
 * <li>WebP: lossy and lossless
 * <li>GIF: the first picture on its whole screen
 * <li>BMP: 1 to 32 bits, bit fields and run lengths
 * <li>TIFF: the first image, in strips or tiles; not compressed, LZW, Deflate, PackBits, JPEG or fax codes
 * <li>PBM, PGM and PPM, as text or bytes
 * </ul>
 *
 * <p>
 * The pixels are those of Pillow's {@code ImageOps.exif_transpose(image).convert("RGB")}: the image is turned upright by its EXIF or XMP
 * orientation, transparency is dropped, and colour profiles are not applied. Of colours of 16 bits the upper byte is kept. <b>Grey numbers
 * of 16 bits</b> above 255 become 255, in PNG, TIFF and PGM; scale such files before.
 *
 * <pre>{@code
 * try (var scope = Scope.open()) {
 *     Tensor image = Images.read(request.getInputStream(), Framing.center(224, 256));              // uint8 [3, 224, 224]
 *     Tensor logits = model.forward(normalize.apply(image.unsqueeze(0), generator));
 * }
 * }</pre>
 *
 * <p>
 * The result is uint8 {@code [3, H, W]}, red, green, blue. It belongs to the current scope, or to the caller if there is none. A random
 * {@link Framing} gets the same random numbers at every call. Content that is truncated, empty, not an image or larger than the Java heap
 * is an {@link IOException} that says what is wrong; no content causes any other exception. Any number of threads may read at once.
 */
public final class Images {
    private Images() {}

    /** Reads the image of a file in its own size. */
    public static Tensor read(Path file) throws IOException { return whole(decode(file)); }

    /** Reads the image of a file and frames it. */
    public static Tensor read(Path file, Framing framing) throws IOException {
        return framed(decode(file), framing);
    }

    /** Reads an image in its own size from the content of a file. */
    public static Tensor read(byte[] content) throws IOException {
        return whole(decode(content));
    }

    /** Reads an image from the content of a file and frames it. */
    public static Tensor read(byte[] content, Framing framing) throws IOException {
        return framed(decode(content), framing);
    }

    /** Reads an image in its own size from the whole rest of a stream. The stream is not closed. */
    public static Tensor read(InputStream in) throws IOException {
        return whole(decode(in));
    }

    /** Reads an image from the whole rest of a stream and frames it. The stream is not closed. */
    public static Tensor read(InputStream in, Framing framing) throws IOException {
        return framed(decode(in), framing);
    }

    /**
     * Frames an image that has been read, as reading it with the framing would have.
     *
     * @param image uint8 {@code [3, H, W]}
     */
    public static Tensor frame(Tensor image, Framing framing) {
        if (image.dtype() != DType.UINT8 || image.dim() != 3 || image.size(0) != 3)
            throw new IllegalArgumentException(
                    "an image must be uint8 [3, H, W], but is " + image.dtype() + " " + Arrays.toString(image.shape()));
        try (var scope = Scope.open()) {
            byte[] rgb = image.to(Device.CPU).permute(1, 2, 0).contiguous().toByteArray();
            return scope.move(framed(new Pixels((int) image.size(2), (int) image.size(1), rgb), framing));
        }
    }

    // ---- from anywhere to pixels

    private interface Source {
        byte[] read() throws IOException;
    }

    static Pixels decode(Path file) throws IOException {
        return decode("the image " + FileNames.text(file), () -> Files.readAllBytes(file));
    }

    private static Pixels decode(byte[] content) throws IOException { return decode("the image", () -> content); }

    private static Pixels decode(InputStream in) throws IOException { return decode("the image", in::readAllBytes); }

    private static Pixels decode(String name, Source source) throws IOException {
        try {
            return ImageDecoder.decode(content(source));
        } catch (IOException e) {
            throw new IOException(name + " cannot be read: " + reason(e), e);
        }
    }

    private static byte[] content(Source source) throws IOException {
        try {
            return source.read();
        } catch (OutOfMemoryError e) { // thrown as well for content longer than an array
            throw new IOException("its bytes do not fit into the Java heap; raise it with -Xmx", e);
        }
    }

    /** Returns the reason of an exception. The message of some of Java's is only the file's name, or missing. */
    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "there is no such file";
            case AccessDeniedException denied -> "access is denied";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }

    // ---- from pixels to tensors

    private static Tensor framed(Pixels image, Framing framing) {
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            Tensor result = Torch.empty(DType.UINT8, 3, framing.height(), framing.width());
            frame(image, framing, new SplitMix(0), result.data(arena));
            return scope.move(result);
        }
    }

    /** Writes the framed part of an image as {@code [3, height, width]}. */
    static void frame(Pixels image, Framing framing, RandomGenerator random, MemorySegment to) {
        Framing.Box box = framing.box(image.width(), image.height(), random);
        if (!(box.left() >= 0 && box.top() >= 0 && box.width() > 0 && box.height() > 0 && box.left() + box.width() <= image.width()
                && box.top() + box.height() <= image.height()))
            throw new IllegalStateException(
                    "the framing chose " + box + ", which is outside the image of " + image.width() + "×" + image.height() + " pixels");
        Resampling.resample(image, box, framing.width(), framing.height(), framing.filter(), to);
    }

    private static Tensor whole(Pixels image) {
        try (var scope = Scope.open()) {
            return scope.move(Torch.tensor(image.rgb(), image.height(), image.width(), 3).permute(2, 0, 1).contiguous());
        }
    }
}
