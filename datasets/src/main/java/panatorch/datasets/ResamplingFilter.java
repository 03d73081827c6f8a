package panatorch.datasets;

/** The weights by which pixels are averaged when an image is resized, with the names that Pillow has for them. */
public enum ResamplingFilter {
    /** Takes the nearest pixel, without averaging. */
    NEAREST(0),
    /** Weights all pixels within half a pixel equally. */
    BOX(0.5),
    /** A triangle that reaches one pixel far. */
    BILINEAR(1),
    /** A Hamming window that reaches one pixel far. */
    HAMMING(1),
    /** Keys' cubic with a = −0.5, which reaches two pixels far. */
    BICUBIC(2),
    /** A sinc windowed by a wider sinc, which reaches three pixels far. */
    LANCZOS(3);

    /** The distance from which on weights are zero, in pixels of the smaller image. */
    final double reach;

    ResamplingFilter(double reach) { this.reach = reach; }

    /** Returns the weight of a pixel at a distance. */
    double weight(double distance) {
        double x = Math.abs(distance);
        return switch (this) {
            case NEAREST -> throw new IllegalStateException("the nearest pixel has no weight");
            case BOX -> distance > -0.5 && distance <= 0.5 ? 1 : 0;
            case BILINEAR -> Math.max(0, 1 - x);
            case HAMMING -> x == 0 ? 1 : x >= 1 ? 0 : sinc(x) * (0.54f + 0.46f * Math.cos(x * Math.PI)); // Pillow's factors are floats
            case BICUBIC -> x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
            case LANCZOS -> distance >= -3 && distance < 3 ? sinc(x) * sinc(x / 3) : 0;
        };
    }

    private static double sinc(double x) { return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI); }
}
