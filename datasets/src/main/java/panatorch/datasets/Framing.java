package panatorch.datasets;

import java.util.random.RandomGenerator;

/**
 * Which part of an image of any size becomes the network's input, and how large that is. It is chosen while an image is decoded,
 * because items of a batch have one size. The part is resampled as Pillow does: bilinearly, over all pixels that a smaller image unites.
 */
public interface Framing {
    /** Of the result, in pixels. */
    int width();

    /** Of the result, in pixels. */
    int height();

    /** The part of an upright image of {@code width} by {@code height} pixels that is taken; {@code random} belongs to the item and the epoch. */
    Box box(int width, int height, RandomGenerator random);

    /** A rectangle inside of an image, in pixels, from its upper left corner. */
    record Box(double left, double top, double width, double height) {}

    /** The whole image, its sides' ratio changed: torchvision's {@code Resize((height, width))}. */
    static Framing stretch(int width, int height) { return Framings.of(width, height, (w, h, random) -> new Box(0, 0, w, h)); }

    /** The largest square in the middle. */
    static Framing center(int size) { return center(size, size); }

    /**
     * A square of {@code size} from the middle of the image whose shorter side was made {@code resized} pixels long: torchvision's
     * {@code Resize(resized), CenterCrop(size)} in one step, as for ImageNet's test images with 224 and 256.
     */
    static Framing center(int size, int resized) {
        if (resized < size) throw new IllegalArgumentException("a square of " + size + " pixels does not fit into an image of " + resized);
        return Framings.of(size, size, (w, h, random) -> {
            double side = Math.min(w, h) * (double) size / resized;
            return new Box((w - side) / 2, (h - side) / 2, side, side);
        });
    }

    /** {@link #randomArea(int, double, double)} with 8 to 100 % of the area: the usual training images of ImageNet. */
    static Framing randomArea(int size) { return randomArea(size, 0.08, 1); }

    /**
     * A part of random area and place, its sides' ratio between 3/4 and 4/3, made a square of {@code size} (Szegedy et al. 2014,
     * "Going Deeper with Convolutions", section 6; torchvision's {@code RandomResizedCrop}).
     */
    static Framing randomArea(int size, double minArea, double maxArea) {
        if (!(0 < minArea && minArea <= maxArea && maxArea <= 1)) throw new IllegalArgumentException("no part has from " + minArea + " to " + maxArea + " of an image's area");
        return Framings.of(size, size, (w, h, random) -> Framings.randomArea(w, h, minArea, maxArea, random));
    }
}
