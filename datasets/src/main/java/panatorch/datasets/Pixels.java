package panatorch.datasets;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.util.Arrays;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * A decoded image: red, green, blue of each pixel, row by row. The values are those of the file, as Pillow's {@code convert("RGB")} gives
 * them: colour profiles are not applied, transparency is dropped.
 */
record Pixels(int width, int height, byte[] rgb) {
    static Pixels of(BufferedImage image) {
        if (image.getColorModel() instanceof IndexColorModel palette) return ofPalette(image.getRaster(), palette);
        return of(image.getRaster());
    }

    /**
     * Converts a tensor.
     *
     * @param image uint8 {@code [3, H, W]}
     */
    static Pixels of(Tensor image) {
        if (image.dtype() != DType.UINT8 || image.dim() != 3 || image.size(0) != 3)
            throw new IllegalArgumentException(
                    "an image must be uint8 [3, H, W], but is " + image.dtype() + " " + Arrays.toString(image.shape()));
        try (var scope = Scope.open()) {
            return new Pixels((int) image.size(2), (int) image.size(1),
                    image.to(Device.CPU).permute(1, 2, 0).contiguous().toByteArray());
        }
    }

    /** Converts a raster: one or two channels are grey, three or four are red, green and blue. The second or fourth is transparency. */
    private static Pixels of(Raster raster) {
        int width = raster.getWidth(), height = raster.getHeight(), bands = raster.getNumBands();
        var rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        int[] band = bands < 3 ? new int[] {0, 0, 0} : new int[] {0, 1, 2};
        if (raster.getDataBuffer() instanceof DataBufferByte buffer && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
                && buffer.getNumBanks() == 1 && raster.getParent() == null) {
            byte[] bytes = buffer.getData();
            int[] offsets = model.getBandOffsets();
            int red = offsets[band[0]], green = offsets[band[1]], blue = offsets[band[2]], step = model.getPixelStride();
            for (int y = 0, at = 0; y < height; y++) {
                for (int x = 0, from = buffer.getOffset() + y * model.getScanlineStride(); x < width; x++, from += step) {
                    rgb[at++] = bytes[from + red];
                    rgb[at++] = bytes[from + green];
                    rgb[at++] = bytes[from + blue];
                }
            }
            return new Pixels(width, height, rgb);
        }
        var row = new int[width * bands];
        for (int y = 0, at = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int x = 0; x < width; x++)
                for (int b : band) rgb[at++] = eightBits(row[x * bands + b], raster.getSampleModel().getSampleSize(b));
        }
        return new Pixels(width, height, rgb);
    }

    private static byte eightBits(int value, int bits) { return (byte) (bits >= 8 ? value >> bits - 8 : value * 255 / ((1 << bits) - 1)); }

    private static Pixels ofPalette(Raster raster, IndexColorModel palette) {
        int width = raster.getWidth(), height = raster.getHeight();
        var rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        var row = new int[width];
        for (int y = 0, at = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int index : row) {
                int colour = palette.getRGB(index);
                rgb[at++] = (byte) (colour >> 16);
                rgb[at++] = (byte) (colour >> 8);
                rgb[at++] = (byte) colour;
            }
        }
        return new Pixels(width, height, rgb);
    }

    /**
     * Converts the four channels of an Adobe JPEG file, which are inverted CMYK.
     *
     * @param ycck whether the first three are luma and chroma
     */
    static Pixels ofInvertedCmyk(Raster raster, boolean ycck) {
        int width = raster.getWidth(), height = raster.getHeight();
        var rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        var row = new int[4 * width];
        for (int y = 0, at = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0; x < 4 * width; x += 4) {
                int a = row[x], b = row[x + 1], c = row[x + 2], light = row[x + 3];
                if (ycck) { // CCIR 601, as JFIF has it; what comes out is the inverse of C, M and Y
                    double luma = a, blue = b - 128, red = c - 128;
                    a = 255 - clamp(luma + 1.402 * red);
                    b = 255 - clamp(luma - 0.344136 * blue - 0.714136 * red);
                    c = 255 - clamp(luma + 1.772 * blue);
                }
                rgb[at++] = (byte) (light - share(255 - a, light));
                rgb[at++] = (byte) (light - share(255 - b, light));
                rgb[at++] = (byte) (light - share(255 - c, light));
            }
        }
        return new Pixels(width, height, rgb);
    }

    private static int clamp(double value) { return Math.clamp(Math.round(value), 0, 255); }

    /** Returns {@code a · b / 255}, rounded. */
    private static int share(int a, int b) {
        int product = a * b + 128;
        return (product >> 8) + product >> 8;
    }

    /**
     * Returns the image turned upright.
     *
     * @param orientation EXIF orientation, from 1 (upright) to 8
     */
    Pixels upright(int orientation) {
        if (orientation <= 1 || orientation > 8) return this;
        boolean turned = orientation >= 5;
        int w = turned ? height : width, h = turned ? width : height;
        var result = new byte[rgb.length];
        for (int y = 0, at = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int u = switch (orientation) {
                    case 2, 3 -> width - 1 - x;
                    case 5, 8 -> orientation == 5 ? y : width - 1 - y;
                    case 6 -> y;
                    case 7 -> width - 1 - y;
                    default -> x;
                };
                int v = switch (orientation) {
                    case 3, 4 -> height - 1 - y;
                    case 5, 8 -> x;
                    case 6, 7 -> height - 1 - x;
                    default -> y;
                };
                int from = 3 * (v * width + u);
                result[at++] = rgb[from];
                result[at++] = rgb[from + 1];
                result[at++] = rgb[from + 2];
            }
        }
        return new Pixels(w, h, result);
    }
}
