package panatorch.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.internal.files.FileNames;

/**
 * Single images, as a service is sent them: decoded as those of an {@link ImageFolder}, from the same formats, told by their first bytes whatever the file's
 * name is, turned upright, and framed.
 *
 * <pre>{@code
 * try (var scope = Scope.open()) {
 *     Tensor image = Images.read(request.getInputStream(), Framing.center(224, 256));              // uint8 [3, 224, 224]
 *     Tensor logits = model.forward(normalize.apply(image.unsqueeze(0), generator));
 * }
 * }</pre>
 *
 * <p>A tensor is uint8 {@code [3, H, W]}, red, green, blue, and belongs to the current scope, or to the caller. What is random in a {@link Framing} is drawn
 * from the same numbers at every call. What cannot be read is an {@link IOException} that says what is wrong, be it cut off, empty, no image, or larger than
 * Java's heap: no content makes it anything else. Any number of threads may read at once.
 */
public final class Images {
    private Images() {}

    /** The image of a file, in its own size. */
    public static Tensor read(Path file) throws IOException { return whole(decode(file)); }

    /** A part of the image of a file. */
    public static Tensor read(Path file, Framing framing) throws IOException { return framed(decode(file), framing); }

    /** The image that is all of a file's content, in its own size. */
    public static Tensor read(byte[] content) throws IOException { return whole(decode(content)); }

    /** A part of the image that is all of a file's content. */
    public static Tensor read(byte[] content, Framing framing) throws IOException { return framed(decode(content), framing); }

    /** The image that is all the rest of a stream, in its own size. The stream is not closed. */
    public static Tensor read(InputStream in) throws IOException { return whole(decode(in)); }

    /** A part of the image that is all the rest of a stream. The stream is not closed. */
    public static Tensor read(InputStream in, Framing framing) throws IOException { return framed(decode(in), framing); }

    // ---- from anywhere to pixels

    private interface Source {
        byte[] read() throws IOException;
    }

    static Pixels decode(Path file) throws IOException { return decode("the image " + FileNames.text(file), () -> Files.readAllBytes(file)); }

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
        } catch (OutOfMemoryError e) { // Java's way to say, too, that it is longer than an array
            throw new IOException("its bytes do not fit into Java's heap", e);
        }
    }

    /** The messages of some of Java's are the file's name, or nothing. */
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

    /** Writes the part of an image that is to be seen as {@code [3, height, width]}. */
    static void frame(Pixels image, Framing framing, RandomGenerator random, MemorySegment to) {
        Framing.Box box = framing.box(image.width(), image.height(), random);
        if (!(box.left() >= 0 && box.top() >= 0 && box.width() > 0 && box.height() > 0 && box.left() + box.width() <= image.width() && box.top() + box.height() <= image.height()))
            throw new IllegalStateException(box + " is no part of an image of " + image.width() + " by " + image.height() + " pixels");
        Resampling.resample(image, box, framing.width(), framing.height(), to);
    }

    private static Tensor whole(Pixels image) {
        try (var scope = Scope.open()) {
            return scope.move(Torch.tensor(image.rgb(), image.height(), image.width(), 3).permute(2, 0, 1).contiguous());
        }
    }
}
