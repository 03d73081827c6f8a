package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Mixes every image with several versions of it, each of which several random changes have made one after the other (Hendrycks et al.,
 * 2019, arXiv:1912.02781). {@code [N, C, H, W]} with 3 channels or 1, uint8 or floating-point numbers in [0, 1]; the result has the same
 * shape and dtype. The changes and their arithmetic are torchvision's.
 *
 * @param severity largest strength of a change, from 1 to 10
 * @param width number of versions
 * @param depth number of changes of each version; 0 for one to three, drawn for each
 * @param alpha parameter of the Dirichlet distributions from which the weights are drawn, above 0
 * @param colors whether changes of brightness, colour, contrast and sharpness are among them, which the paper leaves out
 * @param interpolation interpolation of rotations, shears and translations
 * @param fill value of pixels from outside the image, in the unit of the images
 */
public record AugMix(int severity, int width, int depth, double alpha, boolean colors, Interpolation interpolation, double fill)
        implements
            Transform {
    private static final int STRENGTHS = 10, DEEPEST = 3;
    private static final int FIRST = Operation.SHEAR_X.ordinal(), LAST = Operation.EQUALIZE.ordinal();
    private static final int COLORS = Operation.BRIGHTNESS.ordinal(), AFTER_COLORS = Operation.POSTERIZE.ordinal();

    public AugMix {
        if (severity < 1 || severity > STRENGTHS)
            throw new IllegalArgumentException("the severity must lie between 1 and " + STRENGTHS + ", but is " + severity);
        if (width < 1 || depth < 0)
            throw new IllegalArgumentException("width must be at least 1 and depth at least 0, but they are " + width + " and " + depth);
        if (!(alpha > 0)) throw new IllegalArgumentException("alpha must be above 0, but is " + alpha);
    }

    /** Makes three versions of up to three changes of severity 3, with α 1 and all changes; bilinear, black outside the image. */
    public AugMix() {
        this(3, 3, 0, 1, true, Interpolation.BILINEAR, 0);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.numbers(batch)[0];
        if (n == 0) return batch;
        return Images.scoped(() -> {
            Tensor own = Aten._sampleDirichlet(Aten.full(new long[] {n, 2}, alpha), generator);
            Tensor weights = Aten._sampleDirichlet(Aten.full(new long[] {n, width}, alpha), generator).mul_(own.narrow(1, 1, 1));
            Tensor mix = Images.floats(batch).mul(Images.column(own.select(1, 0), batch));
            for (int i = 0; i < width; i++) {
                Tensor version = Images.scoped(() -> changed(batch, generator));
                mix.addcmul_(Images.floats(version), Images.column(weights.select(1, i), batch));
            }
            return mix.to(batch.dtype());
        });
    }

    private Tensor changed(Tensor batch, Generator generator) {
        long n = batch.size(0);
        Tensor depths = depth > 0 ? Aten.full(new long[] {n}, depth, DType.INT64)
                : Aten.randint(1, DEEPEST + 1, new long[] {n}, generator);
        Tensor x = batch;
        for (int step = 0; step < (depth > 0 ? depth : DEEPEST); step++) {
            Tensor choice = choice(n, generator), strength = Aten.randint(severity, new long[] {n}, generator).to(DType.FLOAT64);
            Tensor made = Aten.where(depths.gt(step), choice, Operation.IDENTITY.ordinal());
            x = Operation.perImage(x, made, strength.div_(STRENGTHS - 1), Range.uniform(generator, n), Operation.Limits.MIXED,
                    interpolation,
                    fill);
        }
        return x;
    }

    private Tensor choice(long n, Generator generator) {
        if (colors) return Aten.randint(FIRST, LAST + 1, new long[] {n}, generator);
        Tensor any = Aten.randint(FIRST, LAST + 1 - (AFTER_COLORS - COLORS), new long[] {n}, generator);
        return any.add(any.ge(COLORS).to(DType.INT64), AFTER_COLORS - COLORS);
    }
}
