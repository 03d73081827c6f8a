package panatorch.datasets;

import java.util.random.RandomGenerator;

/** A {@link Framing} to a fixed size whose box a function chooses. */
record BoxFraming(int width, int height, Choice choice) implements Framing {
    private static final double MIN_RATIO = 3 / 4.0, MAX_RATIO = 4 / 3.0;

    /** The function behind {@link Framing#box}. */
    interface Choice {
        Box box(int width, int height, RandomGenerator random);
    }

    static BoxFraming of(int width, int height, Choice choice) {
        if (width < 1 || height < 1)
            throw new IllegalArgumentException(
                    "width and height must be at least 1, but are " + width + " and " + height);
        return new BoxFraming(width, height, choice);
    }

    @Override public Box box(int width, int height, RandomGenerator random) { return choice.box(width, height, random); }

    static Box randomArea(int width, int height, double minArea, double maxArea, RandomGenerator random) {
        for (int attempt = 0; attempt < 10; attempt++) {
            double area = (double) width * height * (minArea + (maxArea - minArea) * random.nextDouble());
            double ratio = Math.exp(Math.log(MIN_RATIO) + (Math.log(MAX_RATIO) - Math.log(MIN_RATIO)) * random.nextDouble());
            long w = Math.round(Math.sqrt(area * ratio)), h = Math.round(Math.sqrt(area / ratio));
            if (0 < w && w <= width && 0 < h && h <= height) return new Box(below(width - w, random), below(height - h, random), w, h);
        }
        // The image is too narrow: the middle of it, with the nearest possible aspect ratio.
        double w = Math.min(width, height * MAX_RATIO), h = Math.min(height, width / MIN_RATIO);
        return new Box((width - w) / 2, (height - h) / 2, w, h);
    }

    /** Returns a random whole number from 0 to {@code last}. */
    private static double below(long last, RandomGenerator random) {
        return Math.floor(random.nextDouble() * (last + 1));
    }
}
