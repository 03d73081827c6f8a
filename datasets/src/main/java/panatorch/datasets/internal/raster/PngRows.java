package panatorch.datasets.internal.raster;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Pixels;

/** The rows of a PNG as they come out of the inflater: their filters are undone, and their samples become pixels. */
final class PngRows {
    private static final int GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGBA = 6;
    /** First column, first row, and the steps between columns and rows of each pass of an interlaced image. */
    private static final int[][] PASSES = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2},
        {0, 1, 1, 2}}, ONE_PASS = {{0, 0, 1, 1}};

    private final int width, height, depth, colour, pixelBytes;
    private final int[][] passes;
    private final Pixels pixels;
    private byte[] row, previous;
    private int pass = -1, rowBytes, filled, y;
    private byte @Nullable [] palette;

    PngRows(int width, int height, int depth, int colour, boolean interlaced) throws ImageFormatException {
        this.width = width;
        this.height = height;
        this.depth = depth;
        this.colour = colour;
        passes = interlaced ? PASSES : ONE_PASS;
        pixelBytes = Math.max(1, bits(depth, colour) / 8);
        pixels = Pixels.blank(width, height);
        row = new byte[1 + (int) (((long) width * bits(depth, colour) + 7) / 8)];
        previous = new byte[row.length];
        nextPass();
    }

    /** Returns the number of bits of a pixel. */
    static int bits(int depth, int colour) throws ImageFormatException {
        boolean valid = switch (colour) {
            case GREY -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
            case PALETTE -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
            case RGB, GREY_ALPHA, RGBA -> depth == 8 || depth == 16;
            default -> false;
        };
        if (!valid) throw ImageFormatException.damaged("its header declares the colour type " + colour + " with " + depth + " bits");
        return depth * switch (colour) {
            case RGB -> 3;
            case GREY_ALPHA -> 2;
            case RGBA -> 4;
            default -> 1;
        };
    }

    boolean complete() { return pass >= passes.length; }

    Pixels pixels() { return pixels; }

    /** Takes the palette, which stands before the first data. */
    void begin(byte @Nullable [] colours) throws ImageFormatException {
        if (colour == PALETTE && colours == null) throw ImageFormatException.damaged("its palette is missing");
        palette = colours;
    }

    /** Takes all that the inflater makes of its present input. */
    void take(Inflater inflater) throws DataFormatException, ImageFormatException {
        while (!complete()) {
            int n = inflater.inflate(row, filled, rowBytes - filled);
            if (n == 0) {
                if (inflater.needsDictionary()) throw new DataFormatException();
                return;
            }
            filled += n;
            if (filled == rowBytes) endRow();
        }
    }

    private void endRow() throws ImageFormatException {
        unfilter();
        int[] p = passes[pass];
        place(p[0], p[2], y);
        byte[] done = row;
        row = previous;
        previous = done;
        filled = 0;
        y += p[3];
        if (y >= height) nextPass();
    }

    private void nextPass() throws ImageFormatException {
        for (pass++; pass < passes.length; pass++) {
            int[] p = passes[pass];
            if (p[0] >= width || p[1] >= height) continue; // a small image has no pixels in this pass
            long across = (width - p[0] + p[2] - 1) / p[2];
            rowBytes = 1 + (int) ((across * bits(depth, colour) + 7) / 8);
            y = p[1];
            Arrays.fill(previous, (byte) 0);
            return;
        }
    }

    private void unfilter() throws ImageFormatException {
        int step = pixelBytes, n = rowBytes;
        byte[] now = row, up = previous;
        switch (now[0]) {
            case 0 -> {
            }
            case 1 -> {
                for (int i = 1 + step; i < n; i++) now[i] += now[i - step];
            }
            case 2 -> {
                for (int i = 1; i < n; i++) now[i] += up[i];
            }
            case 3 -> {
                for (int i = 1; i < n; i++) now[i] += (byte) ((i > step ? now[i - step] & 0xFF : 0) + (up[i] & 0xFF) >> 1);
            }
            case 4 -> {
                for (int i = 1; i < n; i++) {
                    int a = i > step ? now[i - step] & 0xFF : 0, b = up[i] & 0xFF, c = i > step ? up[i - step] & 0xFF : 0;
                    int left = Math.abs(b - c), above = Math.abs(a - c), corner = Math.abs(a + b - 2 * c);
                    now[i] += (byte) (left <= above && left <= corner ? a : above <= corner ? b : c);
                }
            }
            default -> throw ImageFormatException.damaged("a row has the unknown filter " + (now[0] & 0xFF));
        }
    }

    /** Writes the row's pixels to row {@code y} of the image, from column {@code x} on. */
    private void place(int x, int step, int y) {
        int wide = depth == 16 ? 2 : 1;
        for (int i = 0, at = y * width + x, end = (y + 1) * width; at < end; i++, at += step) {
            switch (colour) {
                case RGB -> copy(at, 1 + 3 * wide * i, wide);
                case RGBA -> copy(at, 1 + 4 * wide * i, wide);
                case GREY_ALPHA -> copy(at, 1 + 2 * wide * i, 0);
                case PALETTE -> ofPalette(at, sample(i));
                default -> {
                    int grey =
                            depth == 16 ? row[1 + 2 * i] == 0 ? row[2 + 2 * i] : 255 : sample(i) * (255 / ((1 << Math.min(depth, 8)) - 1));
                    pixels.set(at, grey, grey, grey);
                }
            }
        }
    }

    private void copy(int pixel, int from, int step) { pixels.set(pixel, row[from], row[from + step], row[from + 2 * step]); }

    private void ofPalette(int pixel, int index) {
        if (palette != null && 3 * index + 2 < palette.length)
            pixels.set(pixel, palette[3 * index], palette[3 * index + 1], palette[3 * index + 2]);
    }

    private int sample(int i) {
        if (depth == 8) return row[1 + i] & 0xFF;
        int perByte = 8 / depth;
        return row[1 + i / perByte] >> (perByte - 1 - i % perByte) * depth & (1 << depth) - 1;
    }
}
