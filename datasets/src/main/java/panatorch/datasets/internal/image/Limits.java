package panatorch.datasets.internal.image;

/** Checks of the size that a header declares, made before memory is allocated for it. */
public final class Limits {
    /** The largest image that is decoded, as in Pillow: a larger one is a damaged header or a decompression bomb. */
    private static final long MAX_PIXELS = 178_956_970;

    private Limits() {}

    /**
     * Checks the size of an image.
     *
     * @throws ImageFormatException if it has no pixels, or more than the limit
     */
    public static void require(long width, long height) throws ImageFormatException {
        if (width <= 0 || height <= 0)
            throw ImageFormatException.damaged("its header declares " + width + "×" + height + " pixels");
        if (width > MAX_PIXELS || height > MAX_PIXELS || width * height > MAX_PIXELS)
            throw new ImageFormatException("its header declares " + width + "×" + height + " pixels; the limit is "
                    + MAX_PIXELS / 1_000_000 + " million");
    }

    /** Returns an exception for a file whose bytes cannot be that many pixels, whatever they are. */
    public static ImageFormatException tooShort(long width, long height, long bytes) {
        return new ImageFormatException(
                "its header declares " + width + "×" + height + " pixels, more than its " + bytes + " bytes can hold");
    }
}
