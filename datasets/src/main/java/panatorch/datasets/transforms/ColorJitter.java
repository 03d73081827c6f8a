package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Changes brightness, contrast, saturation and hue of every image, by random factors and in random order. {@code [N, C, H, W]}, uint8 or
 * floating-point numbers in [0, 1]; the result has the same shape and dtype. Three channels are red, green and blue. Saturation and hue
 * leave one channel as it is and refuse other numbers of channels; brightness and contrast take any.
 *
 * @param brightness factor, at least 0 (black); 1 changes nothing
 * @param contrast factor, at least 0 (the image's mean grey); 1 changes nothing
 * @param saturation factor, at least 0 (grey); 1 changes nothing
 * @param hue fraction of the colour circle, within [−0.5, 0.5]; 0 changes nothing
 */
public record ColorJitter(Range brightness, Range contrast, Range saturation, Range hue) implements PixelTransform {
    public ColorJitter {
        for (Range r : new Range[] {brightness, contrast, saturation}) r.within(0, Double.MAX_VALUE, "a factor");
        hue.within(-0.5, 0.5, "a turn of the hue");
    }

    /**
     * Makes a jitter from the sizes of its changes, as torchvision's {@code ColorJitter}.
     *
     * @param brightness factors lie between {@code 1 − brightness}, at least 0, and {@code 1 + brightness}
     * @param contrast likewise
     * @param saturation likewise
     * @param hue turns lie between {@code −hue} and {@code hue}
     */
    public static ColorJitter of(double brightness, double contrast, double saturation, double hue) {
        return new ColorJitter(around1(brightness), around1(contrast), around1(saturation), Range.symmetric(hue));
    }

    private static Range around1(double size) { return new Range(Math.max(0, 1 - size), 1 + size); }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.numbers(batch)[0];
        if (brightness.isOnly(1) && contrast.isOnly(1) && saturation.isOnly(1) && hue.isOnly(0)) return batch;
        return Images.scoped(() -> {
            Tensor[] factor =
                    {brightness.draw(n, generator), contrast.draw(n, generator), saturation.draw(n, generator), hue.draw(n, generator)};
            // Each row is a random permutation of the four changes; step k makes change order[i][k] to image i.
            Tensor order = Aten.rand(new long[] {n, 4}, generator).argsort(1);
            Tensor x = batch;
            for (int k = 0; k < 4; k++) {
                x = Groups.apply(x, order.select(1, k), 4,
                        (change, images, rows) -> change(change, images, factor[change].indexSelect(0, rows)));
            }
            return x;
        });
    }

    private Tensor change(int change, Tensor x, Tensor factor) {
        return switch (change) {
            case 0 -> brightness.isOnly(1) ? x : Colors.brightness(x, factor);
            case 1 -> contrast.isOnly(1) ? x : Colors.contrast(x, factor);
            case 2 -> saturation.isOnly(1) ? x : Colors.saturation(x, factor);
            default -> hue.isOnly(0) ? x : Colors.hue(x, factor);
        };
    }
}
