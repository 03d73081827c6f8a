package panatorch.metrics;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * The structural similarity of images, SSIM (Wang et al., 2004, Image quality assessment: from error visibility to structural similarity),
 * and at several scales, MS-SSIM (Wang, Simoncelli and Bovik 2003, Multiscale structural similarity for image quality assessment): the mean
 * over images. Local means and variances are those of a Gaussian window. As in torchmetrics 1.9, images are reflected at their borders;
 * only the contrasts of the finer scales are those of windows that lie wholly in the image. For use by one thread at a time.
 */
public final class StructuralSimilarity extends SumMetric {
    /**
     * Options of {@link StructuralSimilarity}. Each method returns changed options.
     *
     * @param dataRange difference between the largest and the smallest possible value: 1 for images in [0, 1], 255 for bytes
     * @param sigma standard deviation of the window, in pixels; the window is {@code 2⌊3.5σ + ½⌋ + 1} pixels wide
     * @param k1 part of the range that stabilises the quotient of means
     * @param k2 part of the range that stabilises the quotient of variances
     * @param exponents exponent of each scale, finest first; each scale has half the resolution of the one before. One exponent of 1 is
     * SSIM
     */
    public record Options(double dataRange, double sigma, double k1, double k2, List<Double> exponents) {
        public Options {
            if (!(dataRange > 0)) throw new IllegalArgumentException("the range of the data has to be positive, not " + dataRange);
            if (!(sigma > 0)) throw new IllegalArgumentException("sigma has to be positive, not " + sigma);
            if (exponents.isEmpty()) throw new IllegalArgumentException("the list of exponents is empty");
            exponents = List.copyOf(exponents);
        }

        public Options sigma(double value) { return new Options(dataRange, value, k1, k2, exponents); }
        public Options k1(double value) { return new Options(dataRange, sigma, value, k2, exponents); }
        public Options k2(double value) { return new Options(dataRange, sigma, k1, value, exponents); }
        public Options exponents(List<Double> values) { return new Options(dataRange, sigma, k1, k2, values); }

        /** Returns options with the five scales of the paper on MS-SSIM. */
        public Options multiScale() {
            return exponents(List.of(0.0448, 0.2856, 0.3001, 0.2363, 0.1333));
        }

        private int width() { return 2 * (int) (3.5 * sigma + 0.5) + 1; }
    }

    private final Options options;

    /** Returns options of SSIM with σ = 1.5, k₁ = 0.01 and k₂ = 0.03, as in the paper. */
    public static Options options(double dataRange) {
        return new Options(dataRange, 1.5, 0.01, 0.03, List.of(1.0));
    }

    /** Creates a metric. */
    public StructuralSimilarity(Options options) { this.options = options; }

    @Override Object settings() { return options; }

    /**
     * Adds a batch.
     *
     * @param predictions images [N, C, H, W], floating-point
     * @param targets images of the same shape
     * @throws IllegalArgumentException if the shapes differ, or the images are too small for the window at the coarsest scale
     */
    public void update(Tensor predictions, Tensor targets) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor each = ofEach(predictions, targets, options).to(DType.FLOAT64);
            add(Aten.stack(each.sum(), Aten.onesLike(each).sum()));
        }
    }

    /** Returns the mean similarity, at most 1. */
    public double value() {
        double[] s = sums().toDoubleArray();
        return s[0] / s[1];
    }

    /**
     * Returns the similarity of each pair of images, [N], differentiably, for a loss.
     *
     * @param a images [N, C, H, W], floating-point
     * @param b images of the same shape
     */
    public static Tensor ofEach(Tensor a, Tensor b, Options options) {
        Inputs.pairs(a, b);
        int scales = options.exponents.size();
        if (a.dim() != 4 || !a.dtype().isFloatingPoint())
            throw new IllegalArgumentException("images have to be floating-point numbers [N, C, H, W], not " + Inputs.describe(a));
        int least = scales == 1 ? options.width() / 2 + 1 : options.width();
        if (Math.min(a.size(2), a.size(3)) >> (scales - 1) < least)
            throw new IllegalArgumentException("images of " + a.size(2) + "×" + a.size(3) + " pixels are too small: " + scales
                    + (scales == 1 ? " scale" : " scales") + " of a window of " + options.width() + " pixels need at least "
                    + ((long) least << (scales - 1)));
        try (var scope = Scope.open()) {
            Tensor x = Inputs.full(a), y = b.to(x), product = null;
            for (int i = 0; i < scales; i++) {
                Tensor value = similarity(x, y, options, i == scales - 1);
                // As torchmetrics does, because the powers of negative numbers are NaN. At one scale, negative similarities stay.
                if (scales > 1 || options.exponents.getFirst() != 1) value = value.relu().pow(options.exponents.get(i));
                product = product == null ? value : product.mul(value);
                if (i < scales - 1) {
                    x = x.avgPool2d(2, 2);
                    y = y.avgPool2d(2, 2);
                }
            }
            return scope.move(Objects.requireNonNull(product));
        }
    }

    /** Returns each image's mean of luminance, contrast and structure, or without luminance at all scales but the coarsest, [N]. */
    private static Tensor similarity(Tensor x, Tensor y, Options o, boolean luminance) {
        double c1 = Math.pow(o.k1 * o.dataRange, 2), c2 = Math.pow(o.k2 * o.dataRange, 2);
        if (luminance) {
            long border = o.width() / 2;
            x = x.pad(new long[] {border, border, border, border}, "reflect");
            y = y.pad(new long[] {border, border, border, border}, "reflect");
        }
        List<Tensor> local = blurred(Aten.stack(x, y, x.square(), y.square(), x.mul(y)), o).unbind(0);
        Tensor meanX = local.get(0), meanY = local.get(1), squareX = meanX.square(), squareY = meanY.square(), both = meanX.mul(meanY);
        Tensor varianceX = local.get(2).sub(squareX).clampMin(0), varianceY = local.get(3).sub(squareY).clampMin(0);
        Tensor value = local.get(4).sub(both).mul(2).add(c2).div(varianceX.add(varianceY).add(c2));
        if (luminance) value = value.mul(both.mul(2).add(c1).div(squareX.add(squareY).add(c1)));
        return value.flatten(1).mean(1);
    }

    /** Convolves images [K, N, C, H, W] with the window, along rows and then along columns. */
    private static Tensor blurred(Tensor images, Options o) {
        int width = o.width();
        Tensor at = Torch.arange(width, images.dtype(), images.device()).sub((width - 1) / 2).div(o.sigma);
        Tensor weights = at.square().div(-2).exp();
        weights = weights.div(weights.sum());
        long[] shape = images.shape();
        Tensor planes = images.reshape(-1, 1, shape[3], shape[4]);
        Tensor result = Aten.conv2d(Aten.conv2d(planes, weights.view(1, 1, 1, width)), weights.view(1, 1, width, 1));
        long[] smaller = Arrays.copyOf(shape, 5);
        smaller[3] -= width - 1;
        smaller[4] -= width - 1;
        return result.view(smaller);
    }
}
