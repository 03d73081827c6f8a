package panatorch.datasets;

import java.util.random.RandomGenerator;

/**
 * Chooses the part of an image that becomes the network's input, and the size it is resized to. Images are framed when they are read,
 * because all items of a batch have one size. The part is resampled as by Pillow: averaged over all pixels that fall together where the
 * image shrinks.
 */
public interface Framing {
    /** Returns the width of the result in pixels. */
    int width();

    /** Returns the height of the result in pixels. */
    int height();

    /**
     * Chooses the part of an upright image; it must lie inside the image.
     *
     * @param width width of the image in pixels
     * @param height height of the image in pixels
     * @param random random numbers of this item in this epoch
     */
    Box box(int width, int height, RandomGenerator random);

    /** Returns the filter by which the part is resampled; bilinear unless an implementation says otherwise. */
    default ResamplingFilter filter() {
        return ResamplingFilter.BILINEAR;
    }

    /** A rectangle inside an image, in pixels from the image's upper left corner. */
    record Box(double left, double top, double width, double height) {}

    /** Takes the whole image, without keeping its aspect ratio: torchvision's {@code Resize((height, width))}. */
    static Framing stretch(int width, int height) {
        return BoxFraming.of(width, height, (w, h, random) -> new Box(0, 0, w, h));
    }

    /** Takes the largest square in the middle. */
    static Framing center(int size) { return center(size, size); }

    /**
     * Takes a square of {@code size} pixels from the middle of an image whose shorter side was made {@code resized} long: torchvision's
     * {@code Resize(resized), CenterCrop(size)} in one step, as for ImageNet's test images with 224 and 256.
     */
    static Framing center(int size, int resized) {
        if (resized < size)
            throw new IllegalArgumentException(
                    "a square of " + size + " pixels does not fit into an image whose shorter side is " + resized);
        return BoxFraming.of(size, size, (w, h, random) -> {
            double side = Math.min(w, h) * (double) size / resized;
            return new Box((w - side) / 2, (h - side) / 2, side, side);
        });
    }

    /** Takes {@link #randomArea(int, double, double)} with 8 to 100 % of the area: usual for training on ImageNet. */
    static Framing randomArea(int size) {
        return randomArea(size, 0.08, 1);
    }

    /**
     * Takes a part of random area and place, with an aspect ratio between 3/4 and 4/3, and resizes it to a square of {@code size} pixels.
     * This is torchvision's {@code RandomResizedCrop} (Szegedy et al. 2014, "Going Deeper with Convolutions", section 6).
     *
     * @param minArea smallest share of the image's area, above 0
     * @param maxArea largest share of the image's area, at most 1
     */
    static Framing randomArea(int size, double minArea, double maxArea) {
        if (!(0 < minArea && minArea <= maxArea && maxArea <= 1))
            throw new IllegalArgumentException(
                    "areas must satisfy 0 < minArea ≤ maxArea ≤ 1, but are " + minArea + " and " + maxArea);
        return BoxFraming.of(size, size, (w, h, random) -> BoxFraming.randomArea(w, h, minArea, maxArea, random));
    }
}
