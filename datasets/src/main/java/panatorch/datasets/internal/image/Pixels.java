package panatorch.datasets.internal.image;

/**
 * A decoded image: red, green, blue of each pixel, row by row. The values are those of the file, as Pillow's {@code convert("RGB")} gives
 * them: colour profiles are not applied, transparency is dropped.
 */
public record Pixels(int width, int height, byte[] rgb) {
    /**
     * Returns black pixels.
     *
     * @throws ImageFormatException if the size is not within the {@linkplain Limits limits}
     */
    public static Pixels blank(int width, int height) throws ImageFormatException {
        Limits.require(width, height);
        return new Pixels(width, height, new byte[3 * width * height]);
    }

    /** Sets the three numbers of a pixel, given its place in reading order. */
    public void set(int pixel, int red, int green, int blue) {
        rgb[3 * pixel] = (byte) red;
        rgb[3 * pixel + 1] = (byte) green;
        rgb[3 * pixel + 2] = (byte) blue;
    }

    /**
     * Sets a pixel from ink, as Pillow does.
     *
     * @param pixel the pixel's place in reading order
     * @param cyan ink, from 0 to 255
     * @param magenta ink
     * @param yellow ink
     * @param white what the black ink leaves, 255 for none
     */
    public void setInk(int pixel, int cyan, int magenta, int yellow, int white) {
        set(pixel, white - share(cyan, white), white - share(magenta, white), white - share(yellow, white));
    }

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
    public Pixels upright(int orientation) {
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
