package panatorch.vision.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ThreadLocalRandom;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.datasets.Images;
import panatorch.datasets.internal.jpeg.JpegEncoder;
import panatorch.datasets.internal.raster.PngEncoder;
import panatorch.internal.files.FileNames;

/**
 * Reads and writes image files, after {@code torchvision.io}. Images are uint8 [C, H, W].
 *
 * <pre>{@code
 * Tensor image = ImageIo.readImage(Path.of("dog.jpg"));                       // uint8 [3, H, W]
 * ImageIo.writePng(image.flip(2), Path.of("mirrored.png"));
 * }</pre>
 *
 * <p>
 * Everything is plain Java. A file appears under its name in one step, once it is complete. Any number of threads may read and write at
 * once.
 */
public final class ImageIo {
    private ImageIo() {}

    /**
     * Reads an image of any format of {@link Images}, upright, as red, green and blue: torchvision's {@code read_image} with the mode
     * {@code RGB} and {@code apply_exif_orientation}.
     *
     * @return uint8 [3, H, W]
     * @throws IOException if the file cannot be read, or is not an image
     */
    public static Tensor readImage(Path file) throws IOException {
        return Images.read(file);
    }

    /** Decodes the content of an image file, as {@link #readImage} does. */
    public static Tensor decodeImage(byte[] content) throws IOException {
        return Images.read(content);
    }

    /** Writes {@link #encodePng(Tensor, int)} with compression level 6. */
    public static void writePng(Tensor image, Path file) throws IOException {
        writePng(image, file, 6);
    }

    /**
     * Writes a PNG file.
     *
     * @param image uint8 [3, H, W] or grey [1, H, W]
     * @param compressionLevel from 0 (none) to 9 (smallest file)
     */
    public static void writePng(Tensor image, Path file, int compressionLevel) throws IOException {
        write(file, encodePng(image, compressionLevel));
    }

    /**
     * Returns the content of a PNG file.
     *
     * @param image uint8 [3, H, W] or grey [1, H, W]
     * @param compressionLevel from 0 (none) to 9 (smallest file)
     */
    public static byte[] encodePng(Tensor image, int compressionLevel) {
        if (compressionLevel < 0 || compressionLevel > 9)
            throw new IllegalArgumentException("the compression level is from 0 to 9, not " + compressionLevel);
        return PngEncoder.encode(pixels(image, Integer.MAX_VALUE), (int) image.size(2), (int) image.size(1), (int) image.size(0),
                compressionLevel);
    }

    /** Writes {@link #encodeJpeg(Tensor, int)} with quality 75. */
    public static void writeJpeg(Tensor image, Path file) throws IOException {
        writeJpeg(image, file, 75);
    }

    /**
     * Writes a JPEG file.
     *
     * @param image uint8 [3, H, W] or grey [1, H, W]
     * @param quality from 1 (smallest file) to 100
     */
    public static void writeJpeg(Tensor image, Path file, int quality) throws IOException {
        write(file, encodeJpeg(image, quality));
    }

    /**
     * Returns the content of a JPEG file: sequential, and for colours with one sample of Cb and Cr for four pixels, byte for byte as
     * libjpeg-turbo writes it.
     *
     * @param image uint8 [3, H, W] or grey [1, H, W], with sides of at most 65535
     * @param quality from 1 (smallest file) to 100
     */
    public static byte[] encodeJpeg(Tensor image, int quality) {
        if (quality < 1 || quality > 100) throw new IllegalArgumentException("the quality is from 1 to 100, not " + quality);
        return JpegEncoder.encode(pixels(image, 65535), (int) image.size(2), (int) image.size(1), (int) image.size(0), quality);
    }

    private static byte[] pixels(Tensor image, long longest) {
        if (image.dtype() != DType.UINT8 || image.dim() != 3 || image.size(0) != 1 && image.size(0) != 3)
            throw new IllegalArgumentException("an image to write is uint8 [3, H, W] or [1, H, W], not " + image.describe());
        if (image.numel() == 0 || image.numel() > Integer.MAX_VALUE / 2 || image.size(1) > longest || image.size(2) > longest)
            throw new IllegalArgumentException(image.describe() + " is empty, or larger than a file of this format can be");
        try (var scope = Scope.open()) {
            return image.detach().to(Device.CPU).permute(1, 2, 0).contiguous().toByteArray();
        }
    }

    private static void write(Path file, byte[] content) throws IOException {
        Path absolute = file.toAbsolutePath(), folder = absolute.getParent();
        if (folder == null) throw new IOException(FileNames.text(file) + " is a root folder, not the name of a file");
        String number = Long.toHexString(ThreadLocalRandom.current().nextLong());
        Path unfinished = FileNames.resolve(folder, "." + FileNames.of(absolute) + "." + number + ".unfinished");
        try {
            Files.write(unfinished, content);
            Files.move(unfinished, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }
}
