package panatorch.datasets.internal.webp;

import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Pixels;

/** The luma and chroma of a lossy picture in whole macroblocks, and the conversion to pixels, rounded as in libwebp. */
final class Planes {
    final int across, down, stride, chromaStride;
    final byte[] luma, blue, red;
    private final int width, height;

    Planes(int width, int height) {
        this.width = width;
        this.height = height;
        across = width + 15 >> 4;
        down = height + 15 >> 4;
        stride = 16 * across;
        chromaStride = 8 * across;
        luma = new byte[stride * 16 * down];
        blue = new byte[chromaStride * 8 * down];
        red = new byte[chromaStride * 8 * down];
    }

    Pixels pixels() throws ImageFormatException {
        var pixels = Pixels.blank(width, height);
        var u = new int[width + 1];
        var v = new int[width + 1];
        int last = (height + 1) / 2 - 1;
        for (int y = 0; y < height; y++) {
            int near = y >> 1, far = Math.clamp((y & 1) == 0 ? near - 1 : near + 1, 0, last);
            upsample(blue, near * chromaStride, far * chromaStride, u);
            upsample(red, near * chromaStride, far * chromaStride, v);
            for (int x = 0, at = y * width; x < width; x++, at++) {
                int light = (luma[y * stride + x] & 0xFF) * 19077 >> 8;
                pixels.set(at, clip(light + (v[x] * 26149 >> 8) - 14234), clip(light - (u[x] * 6419 >> 8) - (v[x] * 13320 >> 8) + 8708),
                        clip(light + (u[x] * 33050 >> 8) - 17685));
            }
        }
        return pixels;
    }

    /** Interpolates a row of chroma with weights of 9, 3, 3 and 1 sixteenths, in libwebp's order of roundings. */
    private void upsample(byte[] plane, int near, int far, int[] to) {
        int count = (width + 1) / 2, n = plane[near] & 0xFF, f = plane[far] & 0xFF;
        to[0] = 3 * n + f + 2 >> 2;
        for (int i = 1; i < count; i++) {
            int n1 = plane[near + i] & 0xFF, f1 = plane[far + i] & 0xFF, sum = n + n1 + f + f1 + 8;
            to[2 * i - 1] = (sum + 2 * (n1 + f) >> 3) + n >> 1;
            to[2 * i] = (sum + 2 * (n + f1) >> 3) + n1 >> 1;
            n = n1;
            f = f1;
        }
        to[2 * count - 1] = 3 * n + f + 2 >> 2;
    }

    private static int clip(int value) { return value < 0 ? 0 : Math.min(value >> 6, 255); }
}
