package panatorch.vision.utils;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Draws boxes, masks and key points on images, after {@code torchvision.utils}, with the pixels of torchvision and Pillow. Images are [3,
 * H, W], uint8 or floating-point numbers in [0, 1]; the results are new images of the same type.
 *
 * <pre>{@code
 * Tensor shown = Drawing.drawBoundingBoxes(image, boxes, Drawing.boxOptions().colors(List.of(Rgb.of("red"))).width(2));
 * }</pre>
 *
 * <p>
 * Not drawn are labels, since there is no font, and rotated boxes.
 */
public final class Drawing {
    private static final int FILL_OPACITY = 100;

    private Drawing() {}

    /**
     * Options of boxes. Each method returns changed options.
     *
     * @param colors one for all boxes, or one for each; null for a palette
     * @param fill whether to fill the boxes with their colour, mostly transparent
     * @param width width of the lines, inside of the boxes
     */
    public record BoxOptions(@Nullable List<Rgb> colors, boolean fill, int width) {
        public BoxOptions {
            if (width < 0) throw new IllegalArgumentException("the width of lines is not negative, unlike " + width);
        }

        public BoxOptions colors(@Nullable List<Rgb> all) { return new BoxOptions(all, fill, width); }

        public BoxOptions fill(boolean on) { return new BoxOptions(colors, on, width); }

        public BoxOptions width(int pixels) { return new BoxOptions(colors, fill, pixels); }
    }

    /** Returns options with a palette, lines of one pixel and without filling. */
    public static BoxOptions boxOptions() {
        return new BoxOptions(null, false, 1);
    }

    /**
     * Draws boxes, later ones over earlier ones. A box of which x1 &gt; x2 or y1 &gt; y2 is refused.
     *
     * @param image [3, H, W], or grey [1, H, W]
     * @param boxes boxes {@code x1, y1, x2, y2} [N, 4]; fractions are cut off
     * @return [3, H, W]
     */
    public static Tensor drawBoundingBoxes(Tensor image, Tensor boxes, BoxOptions options) {
        check(image, true);
        if (boxes.dim() != 2 || boxes.size(1) != 4) throw new IllegalArgumentException("boxes are [N, 4], not " + boxes.describe());
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            if (boxes.narrow(1, 0, 2).gt(boxes.narrow(1, 2, 2)).any().itemBoolean())
                throw new IllegalArgumentException("a box has its right edge left of the left one, or its bottom above its top; boxes are "
                        + "x1, y1, x2, y2");
            int n = (int) boxes.size(0);
            List<Rgb> colors = colors(options.colors, n);
            long[] edges = boxes.detach().to(DType.INT64).toLongArray();
            var canvas = new Canvas(bytes(image.size(0) == 1 ? Aten.cat(List.of(image, image, image), 0) : image));
            for (int i = 0; i < n; i++) {
                long x1 = edges[4 * i], y1 = edges[4 * i + 1], x2 = edges[4 * i + 2], y2 = edges[4 * i + 3];
                if (options.fill) canvas.fill(x1, y1, x2, y2, colors.get(i), FILL_OPACITY);
                canvas.outline(x1, y1, x2, y2, colors.get(i), options.width);
            }
            return scope.move(asImage(canvas.image(), image));
        }
    }

    /** Draws masks with opacity 0.8 and the palette's colours. */
    public static Tensor drawSegmentationMasks(Tensor image, Tensor masks) {
        return drawSegmentationMasks(image, masks, 0.8, null);
    }

    /**
     * Colours what masks cover. Where several overlap, the colour is black.
     *
     * @param masks bool [N, H, W] or [H, W]
     * @param alpha opacity of the colours, in [0, 1]
     * @param colors one for all masks, or one for each; null for a palette
     */
    public static Tensor drawSegmentationMasks(Tensor image, Tensor masks, double alpha, @Nullable List<Rgb> colors) {
        check(image, false);
        if (masks.dtype() != DType.BOOL || masks.dim() < 2 || masks.dim() > 3 || masks.size(-2) != image.size(1)
                || masks.size(-1) != image.size(2))
            throw new IllegalArgumentException(
                    "masks are bool [N, " + image.size(1) + ", " + image.size(2) + "] for this image, not " + masks.describe());
        if (!(alpha >= 0 && alpha <= 1)) throw new IllegalArgumentException("the opacity alpha is in [0, 1], not " + alpha);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor all = masks.dim() == 2 ? masks.unsqueeze(0) : masks, x = image.detach(), drawn = x;
            int n = (int) all.size(0);
            if (n == 0) return scope.move(x.clone());
            List<Rgb> own = colors(colors, n);
            for (int i = 0; i < n; i++) {
                Rgb c = own.get(i);
                Tensor color = Torch.tensor(new float[] {c.red(), c.green(), c.blue()}).div(x.dtype().isFloatingPoint() ? 255 : 1);
                drawn = Aten.where(all.select(0, i), color.to(x.device(), x.dtype()).reshape(3, 1, 1), drawn);
            }
            drawn = drawn.maskedFill(all.sum(0).gt(1), 0);
            return scope.move(x.mul(1 - alpha).add(drawn.mul(alpha)).to(x.dtype()));
        }
    }

    /**
     * Options of key points. Each method returns changed options.
     *
     * @param connectivity pairs of key points of an instance that a white line connects, unless one of them is hidden
     * @param color colour of the points
     * @param radius radius of the points
     * @param width width of the lines
     */
    public record KeypointOptions(List<int[]> connectivity, Rgb color, int radius, int width) {
        public KeypointOptions {
            if (radius < 0 || width < 0) throw new IllegalArgumentException("radius and width are not negative");
        }

        public KeypointOptions connectivity(List<int[]> pairs) { return new KeypointOptions(pairs, color, radius, width); }

        public KeypointOptions color(Rgb c) { return new KeypointOptions(connectivity, c, radius, width); }

        public KeypointOptions radius(int pixels) { return new KeypointOptions(connectivity, color, pixels, width); }

        public KeypointOptions width(int pixels) { return new KeypointOptions(connectivity, color, radius, pixels); }
    }

    /** Returns options with points of radius 2 in a colour, and lines of 3 pixels between none of them. */
    public static KeypointOptions keypointOptions(Rgb color) {
        return new KeypointOptions(List.of(), color, 2, 3);
    }

    /**
     * Draws the key points of several instances, and lines between them.
     *
     * @param keypoints x and y of K points of N instances [N, K, 2]; fractions are cut off
     * @param visibility bool [N, K], which points are shown; null for all
     */
    public static Tensor drawKeypoints(Tensor image, Tensor keypoints, KeypointOptions options, @Nullable Tensor visibility) {
        check(image, false);
        if (keypoints.dim() != 3 || keypoints.size(2) != 2)
            throw new IllegalArgumentException("key points are [N, K, 2], not " + keypoints.describe());
        int n = (int) keypoints.size(0), k = (int) keypoints.size(1);
        if (visibility != null && (visibility.dim() != 2 || visibility.size(0) != n || visibility.size(1) != k))
            throw new IllegalArgumentException("the visibility is [" + n + ", " + k + "] for these points, not " + visibility.describe());
        for (int[] pair : options.connectivity)
            if (pair.length != 2 || pair[0] < 0 || pair[0] >= k || pair[1] < 0 || pair[1] >= k)
                throw new IllegalArgumentException("a line connects two points from 0 to " + (k - 1) + ", not "
                        + Arrays.toString(pair));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            long[] points = keypoints.detach().to(DType.INT64).toLongArray();
            boolean[] visible = visibility == null ? null : visibility.toBooleanArray();
            var canvas = new Canvas(bytes(image));
            for (int i = 0; i < n; i++) {
                for (int j = i * k; j < (i + 1) * k; j++)
                    if (visible == null || visible[j]) canvas.disc(points[2 * j], points[2 * j + 1], options.radius, options.color);
                for (int[] pair : options.connectivity) {
                    int from = i * k + pair[0], to = i * k + pair[1];
                    if (options.width > 0 && (visible == null || visible[from] && visible[to]))
                        canvas.line(points[2 * from], points[2 * from + 1], points[2 * to], points[2 * to + 1], new Rgb(255, 255, 255),
                                options.width);
                }
            }
            return scope.move(asImage(canvas.image(), image));
        }
    }

    private static void check(Tensor image, boolean grey) {
        if (image.dim() != 3 || image.size(0) != 3 && !(grey && image.size(0) == 1)
                || image.dtype() != DType.UINT8 && !image.dtype().isFloatingPoint())
            throw new IllegalArgumentException("an image to draw on is [3, H, W]" + (grey ? " or [1, H, W]" : "")
                    + ", uint8 or floating-point numbers in [0, 1], not " + image.describe());
    }

    private static List<Rgb> colors(@Nullable List<Rgb> colors, int n) {
        if (colors == null) return Rgb.palette(n);
        if (colors.size() == 1) return Collections.nCopies(n, colors.getFirst());
        if (colors.size() < n)
            throw new IllegalArgumentException("there are " + colors.size() + " colours for " + n + "; give one, or one for each");
        return colors;
    }

    /** Converts [0, 1] to uint8 by 256 equal parts, as torchvision does. */
    private static Tensor bytes(Tensor image) {
        return image.dtype() == DType.UINT8 ? image : image.detach().mul(256 - 1e-3).to(DType.UINT8);
    }

    private static Tensor asImage(Tensor bytes, Tensor like) {
        Tensor there = bytes.to(like.device());
        return like.dtype() == DType.UINT8 ? there : there.to(like.dtype()).mul(1 / 255.0);
    }
}
