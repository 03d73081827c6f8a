package panatorch.vision.utils;

import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** The pixels of an image to draw on. All shapes have the pixels of Pillow's {@code ImageDraw}; what lies outside is cut off. */
final class Canvas {
    private final int width, height;
    private final byte[] rgb;

    /** @param image uint8 [3, H, W] */
    Canvas(Tensor image) {
        height = (int) image.size(1);
        width = (int) image.size(2);
        try (var scope = Scope.open()) {
            rgb = image.to(Device.CPU).permute(1, 2, 0).contiguous().toByteArray();
        }
    }

    /** Returns the pixels as uint8 [3, H, W]. */
    Tensor image() {
        try (var scope = Scope.open()) {
            return scope.move(Torch.tensor(rgb).to(DType.UINT8).reshape(height, width, 3).permute(2, 0, 1).contiguous());
        }
    }

    /**
     * Draws a row of pixels.
     *
     * @param right the last pixel
     * @param opacity from 0 to 255
     */
    private void row(long left, long right, long y, Rgb color, int opacity) {
        if (y < 0 || y >= height) return;
        for (int x = (int) Math.max(left, 0), last = (int) Math.min(right, width - 1L); x <= last; x++) {
            int at = (int) (y * width + x) * 3;
            rgb[at] = blended(rgb[at], color.red(), opacity);
            rgb[at + 1] = blended(rgb[at + 1], color.green(), opacity);
            rgb[at + 2] = blended(rgb[at + 2], color.blue(), opacity);
        }
    }

    private static byte blended(byte under, int over, int opacity) {
        int sum = (under & 0xFF) * (255 - opacity) + over * opacity + 128; // divided by 255 and rounded
        return (byte) ((sum >> 8) + sum >> 8);
    }

    /** Fills a rectangle, edges included. */
    void fill(long left, long top, long right, long bottom, Rgb color, int opacity) {
        for (long y = Math.max(top, 0); y <= Math.min(bottom, height - 1L); y++) row(left, right, y, color, opacity);
    }

    /** Draws the outline of a rectangle, edges included, with lines of a width inside of it. */
    void outline(long left, long top, long right, long bottom, Rgb color, int lines) {
        for (int i = 0; i < lines; i++) {
            row(left, right, top + i, color, 255);
            row(left, right, bottom - i, color, 255);
            column(left + i, top + lines, bottom - lines + 1, color);
            column(right - i, top + lines, bottom - lines + 1, color);
        }
    }

    /** Draws a column of pixels from one, included, to another, excluded, which may be above it. */
    private void column(long x, long from, long to, Rgb color) {
        long low = Math.max(from <= to ? from : to + 1, 0), high = Math.min(from <= to ? to - 1 : from, height - 1L);
        for (long y = low; y <= high; y++) row(x, x, y, color, 255);
    }

    /** Fills a circle: the points nearest to the curve, from one to the next, and all between them. */
    void disc(long x, long y, int radius, Rgb color) {
        if (radius == 0) return; // as in Pillow
        long square = (long) radius * radius, reach = radius;
        row(x - radius, x + radius, y, color, 255);
        long at = 0;
        while (reach > 0 || at < radius) {
            long down = off(reach, at + 1, square), both = reach > 0 ? off(reach - 1, at + 1, square) : Long.MAX_VALUE;
            long inwards = reach > 0 ? off(reach - 1, at, square) : Long.MAX_VALUE;
            boolean first = false;
            if (down <= both && down <= inwards) first = true;
            else if (both <= inwards) {
                first = true;
                reach--;
            } else reach--;
            if (!first) continue;
            at++;
            row(x - reach, x + reach, y - at, color, 255);
            row(x - reach, x + reach, y + at, color, 255);
        }
    }

    private static long off(long x, long y, long square) { return Math.abs(x * x + y * y - square); }

    /** Draws a line: of one pixel if {@code lines} is 1, otherwise a rectangle of that width along it, in whole corners. */
    void line(long x0, long y0, long x1, long y1, Rgb color, int lines) {
        long dx = x1 - x0, dy = y1 - y0;
        if (dx == 0 && dy == 0) row(x0, x0, y0, color, 255);
        else if (lines == 1) thin(x0, y0, x1, y1, color);
        else {
            double length = Math.hypot(dx, dy), half = (lines - 1) / 2.0;
            double more = awayFromZero(half) / length, less = towardsZero(half) / length;
            long leftX = towardsZero(less * dy), rightX = towardsZero(more * dy), upY = towardsZero(less * dx),
                    downY = towardsZero(more * dx);
            polygon(new long[] {x0 - leftX, x1 - leftX, x1 + rightX, x0 + rightX}, new long[] {y0 + downY, y1 + downY, y1 - upY, y0 - upY},
                    color);
        }
    }

    /** Bresenham's line, both ends included. */
    private void thin(long x0, long y0, long x1, long y1, Rgb color) {
        long dx = Math.abs(x1 - x0), dy = Math.abs(y1 - y0), n = Math.max(dx, dy), least = Math.min(dx, dy), error = 2 * least - n;
        long stepX = Long.signum(x1 - x0), stepY = Long.signum(y1 - y0), x = x0, y = y0;
        for (long i = 0; i <= n; i++) {
            row(x, x, y, color, 255);
            if (error >= 0 && least > 0) {
                if (dx > dy) y += stepY;
                else x += stepX;
                error -= 2 * n;
            }
            error += 2 * least;
            if (dx > dy) x += stepX;
            else y += stepY;
        }
    }

    /** Fills a convex polygon, edges included: of each row the pixels from the leftmost to the rightmost edge. */
    private void polygon(long[] xs, long[] ys, Rgb color) {
        long top = Long.MAX_VALUE, bottom = Long.MIN_VALUE;
        for (long y : ys) {
            top = Math.min(top, y);
            bottom = Math.max(bottom, y);
        }
        for (long y = Math.max(top, 0); y <= Math.min(bottom, height - 1L); y++) {
            float left = Float.POSITIVE_INFINITY, right = Float.NEGATIVE_INFINITY;
            for (int i = 0; i < xs.length; i++) {
                int j = (i + 1) % xs.length;
                if (y < Math.min(ys[i], ys[j]) || y > Math.max(ys[i], ys[j])) continue;
                float slope = ys[i] == ys[j] ? 0 : (float) (xs[j] - xs[i]) / (ys[j] - ys[i]);
                float x = (y - ys[i]) * slope + xs[i], other = ys[i] == ys[j] ? xs[j] : x;
                left = Math.min(left, Math.min(x, other));
                right = Math.max(right, Math.max(x, other));
            }
            row(awayFromZero(left), towardsZero(right), y, color, 255);
        }
    }

    /** Rounds to the nearest whole number, halves away from zero. */
    private static long awayFromZero(double x) {
        return (long) (Math.signum(x) * Math.floor(Math.abs(x) + 0.5));
    }

    /** Rounds to the nearest whole number, halves towards zero. */
    private static long towardsZero(double x) {
        return (long) (Math.signum(x) * Math.ceil(Math.abs(x) - 0.5));
    }
}
