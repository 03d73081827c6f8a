package panatorch.vision.utils;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.files.FileNames;
import panatorch.vision.io.ImageIo;

/**
 * Images side by side in one image, after {@code torchvision.utils.make_grid} and {@code save_image}.
 *
 * <pre>{@code
 * ImageGrid.saveImage(samples, Path.of("samples.png"), ImageGrid.options().nrow(4).normalize(true));
 * }</pre>
 */
public final class ImageGrid {
    /**
     * Options of a grid. Each method returns changed options.
     *
     * @param nrow number of images in each row
     * @param padding width of the lines around the images
     * @param normalize whether to move the numbers to [0, 1]
     * @param valueRange numbers that become 0 and 1, if {@code normalize}; null for the images' own
     * @param scaleEach whether each image has its own range
     * @param padValue number of the lines
     */
    public record Options(int nrow, int padding, boolean normalize, double @Nullable [] valueRange, boolean scaleEach, double padValue) {
        public Options {
            if (nrow < 1) throw new IllegalArgumentException("a row holds at least one image, not " + nrow);
            if (padding < 0) throw new IllegalArgumentException("the padding is not negative, unlike " + padding);
        }

        public Options nrow(int n) { return new Options(n, padding, normalize, valueRange, scaleEach, padValue); }

        public Options padding(int width) { return new Options(nrow, width, normalize, valueRange, scaleEach, padValue); }

        public Options normalize(boolean on) { return new Options(nrow, padding, on, valueRange, scaleEach, padValue); }

        /** Sets the numbers that become 0 and 1. Numbers beyond them are clipped. */
        public Options valueRange(double low, double high) {
            return new Options(nrow, padding, normalize, new double[] {low, high}, scaleEach, padValue);
        }

        public Options scaleEach(boolean on) { return new Options(nrow, padding, normalize, valueRange, on, padValue); }

        public Options padValue(double value) { return new Options(nrow, padding, normalize, valueRange, scaleEach, value); }
    }

    private ImageGrid() {}

    /** Returns options with rows of 8 images, black lines of 2 pixels, and the numbers as they are. */
    public static Options options() {
        return new Options(8, 2, false, null, false, 0);
    }

    /** Makes a grid of images of the same size. */
    public static Tensor makeGrid(List<Tensor> images, Options options) {
        try (var scope = Scope.open()) {
            return scope.move(makeGrid(Aten.stack(images), options));
        }
    }

    public static Tensor makeGrid(Tensor images) { return makeGrid(images, options()); }

    /**
     * Makes a grid of images. Grey images get three equal channels. A single image gets no lines.
     *
     * @param images [N, C, H, W], a single one [C, H, W] or [H, W]
     * @return [C, H′, W′]
     */
    public static Tensor makeGrid(Tensor images, Options options) {
        if (images.dim() < 2 || images.dim() > 4)
            throw new IllegalArgumentException("images are [N, C, H, W], [C, H, W] or [H, W], not " + images.describe());
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor x = images.detach();
            while (x.dim() < 4) x = x.unsqueeze(0);
            if (x.size(1) == 1) x = Aten.cat(List.of(x, x, x), 1);
            if (options.normalize) x = normalized(x, options);
            long n = x.size(0);
            if (n == 0) throw new IllegalArgumentException("a grid needs at least one image");
            if (n == 1) return scope.move(x.squeeze(0).clone());
            long columns = Math.min(options.nrow, n), rows = (n + columns - 1) / columns, gap = options.padding;
            long height = x.size(2) + gap, width = x.size(3) + gap;
            Tensor grid = x.newFull(new long[] {x.size(1), height * rows + gap, width * columns + gap}, options.padValue);
            for (long k = 0; k < n; k++)
                grid.narrow(1, k / columns * height + gap, x.size(2)).narrow(2, k % columns * width + gap, x.size(3)).copy_(x.select(0, k));
            return scope.move(grid);
        }
    }

    private static Tensor normalized(Tensor x, Options options) {
        if (!x.dtype().isFloatingPoint())
            throw new IllegalArgumentException("only floating-point images can be normalised, not " + x.describe());
        double[] range = options.valueRange;
        if (range != null) return x.clamp(range[0], range[1]).sub(range[0]).div(Math.max(range[1] - range[0], 1e-5));
        long[] dims = options.scaleEach ? new long[] {1, 2, 3} : new long[] {0, 1, 2, 3};
        Tensor low = x.amin(dims, true), high = x.amax(dims, true);
        return x.sub(low).div(high.to(DType.FLOAT64).sub(low.to(DType.FLOAT64)).clampMin(1e-5).to(x.dtype()));
    }

    /** Writes images in [0, 1] as {@link #saveImage(Tensor, Path, Options)} with the default options. */
    public static void saveImage(Tensor images, Path file) throws IOException {
        saveImage(images, file, options());
    }

    /**
     * Writes a grid of images to a file, whose name ends in {@code .png}, {@code .jpg} or {@code .jpeg}.
     *
     * @param images floating-point numbers in [0, 1], or others that the options normalise: [N, C, H, W], [C, H, W] or [H, W]
     */
    public static void saveImage(Tensor images, Path file, Options options) throws IOException {
        if (!images.dtype().isFloatingPoint())
            throw new IllegalArgumentException("saveImage takes floating-point numbers in [0, 1], not " + images.describe()
                    + "; ImageIo.writePng and writeJpeg write uint8 images");
        String name = FileNames.of(file).toLowerCase(Locale.ROOT);
        boolean png = name.endsWith(".png");
        if (!png && !name.endsWith(".jpg") && !name.endsWith(".jpeg"))
            throw new IllegalArgumentException(
                    "the name of the file, " + FileNames.text(file) + ", ends in none of .png, .jpg and .jpeg, which tell its format");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor bytes = makeGrid(images, options).mul(255).add_(0.5).clamp_(0, 255).to(DType.UINT8);
            if (png) ImageIo.writePng(bytes, file);
            else ImageIo.writeJpeg(bytes, file);
        }
    }
}
