package panatorch.datasets.pretrained;

/** The size that an image gets before a square or rectangle is cut out of its middle. */
public sealed interface Resizing {
    /**
     * Returns the size of an image after resizing.
     *
     * @param width width of the image in pixels
     * @param height height of the image in pixels
     */
    Size of(int width, int height);

    /** Returns whether the result may be smaller than a width and a height. */
    default boolean mayFallShortOf(int width, int height) {
        Size square = of(1000, 1000);
        return square.width < width || square.height < height;
    }

    /** A width and a height in pixels. */
    record Size(int width, int height) {}

    /** Makes every image that large, whatever its aspect ratio. */
    record Stretch(int width, int height) implements Resizing {
        @Override public Size of(int w, int h) { return new Size(width, height); }
    }

    /** Makes the shorter side that long and keeps the aspect ratio; a fraction of a pixel of the longer side is dropped. */
    record ShorterSide(int side) implements Resizing {
        @Override public Size of(int w, int h) {
            return w <= h ? new Size(side, longer(h, w)) : new Size(longer(w, h), side);
        }

        private int longer(int longSide, int shortSide) { return (int) ((double) ((long) side * longSide) / shortSide); }
    }

    /** Makes the image as small as it may be to cover that width and height, and keeps the aspect ratio; sides are rounded. */
    record Cover(int width, int height) implements Resizing {
        @Override public Size of(int w, int h) {
            double ratio = Math.min((double) h / height, (double) w / width);
            return new Size((int) Math.rint(w / ratio), (int) Math.rint(h / ratio));
        }
    }
}
