package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * One box in every image, in pixels: float64 {@code [N]} on the CPU.
 *
 * @param found int64 {@code [N]}, 0 where none of the ten tries fitted, else 1
 */
record Boxes(Tensor top, Tensor left, Tensor height, Tensor width, Tensor found) {
    private static final int TRIES = 10;

    /**
     * Draws boxes that cover a share {@code area} of their image and are {@code ratio} times as wide as high (its logarithm is uniform).
     * All places are equally likely. A box that is empty or larger than {@code maxHeight × maxWidth} is drawn again, at most nine times.
     */
    static Boxes draw(long n, long height, long width, long maxHeight, long maxWidth, Range area, Range ratio, Generator generator) {
        Tensor pixels = area.between(Range.uniform(generator, TRIES, n)).mul_(height * width);
        Tensor aspect = ratio.drawLogarithmic(generator, TRIES, n);
        Tensor wide = pixels.mul(aspect).sqrt_().round_(), high = pixels.div(aspect).sqrt_().round_();
        Tensor fits = wide.ge(1).logicalAnd(wide.le(maxWidth)).logicalAnd(high.ge(1)).logicalAnd(high.le(maxHeight)).to(DType.INT64);
        Tensor first = fits.argmax(0, true);
        Tensor w = wide.gather(0, first).view(n), h = high.gather(0, first).view(n);
        Tensor top = Range.uniform(generator, n).mul_(h.rsub(height + 1)).floor_(),
                left = Range.uniform(generator, n).mul_(w.rsub(width + 1)).floor_();
        return new Boxes(top, left, h, w, fits.gather(0, first).view(n));
    }

    /** Returns bool {@code [N, 1, H, W]} on the device of {@code x}: true where a pixel lies in the box of its image. */
    Tensor mask(Tensor x) {
        Tensor rows = inside(top, height, x.size(2), x), columns = inside(left, width, x.size(3), x);
        return rows.view(-1, 1, x.size(2), 1).logicalAnd(columns.view(-1, 1, 1, x.size(3)));
    }

    private static Tensor inside(Tensor start, Tensor length, long pixels, Tensor x) {
        Tensor from = start.to(DType.INT64).view(-1, 1).to(x.device()), to = start.add(length).to(DType.INT64).view(-1, 1).to(x.device());
        Tensor at = Aten.arange(pixels, DType.INT64, null, x.device());
        return at.ge(from).logicalAnd(at.lt(to));
    }
}
