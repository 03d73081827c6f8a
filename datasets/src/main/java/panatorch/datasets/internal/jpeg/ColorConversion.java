package panatorch.datasets.internal.jpeg;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Pixels;

/** Makes pixels of the components, with the rounding of libjpeg (ITU-R BT.601 in fixed-point numbers of 16 bits). */
final class ColorConversion {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BITS = 16, HALF = 1 << BITS - 1;
    private static final int RED = 91881, BLUE = 116130, GREEN_OF_BLUE = -22554, GREEN_OF_RED = -46802;

    private ColorConversion() {}

    static Pixels convert(Frame frame, ColorSpace space) throws ImageFormatException {
        int width = frame.size().width(), height = frame.size().height();
        List<Component> components = frame.components();
        var pixels = Pixels.blank(width, height);
        var upsampling = new Upsampling[components.size()];
        for (int i = 0; i < upsampling.length; i++) upsampling[i] = new Upsampling(components.get(i), frame.size());
        int half = (width + 1) / 2;
        var rows = new int[upsampling.length][2][half];
        for (int y = 0; y < height; y++) {
            for (int i = 0; i < rows.length; i++) upsampling[i].row(y, rows[i][0], rows[i][1]);
            if (space.hasChroma()) for (int side = 0; side < 2; side++) toRgb(rows[0][side], rows[1][side], rows[2][side]);
            int first = y * width;
            if (space.hasInk()) ofInk(rows, space == ColorSpace.YCCK ? 0 : 255, width, pixels, first);
            else if (rows.length == 3) store(rows[0], rows[1], rows[2], width, pixels.rgb(), 3 * first);
            else store(rows[0], rows[0], rows[0], width, pixels.rgb(), 3 * first);
        }
        return pixels;
    }

    /** Replaces luma and both chromas by red, green and blue. */
    private static void toRgb(int[] a, int[] b, int[] c) {
        for (int i = 0; i < a.length; i++) {
            int luma = a[i], blue = b[i] - 128, red = c[i] - 128;
            a[i] = Math.min(Math.max(luma + (RED * red + HALF >> BITS), 0), 255);
            b[i] = Math.min(Math.max(luma + (GREEN_OF_BLUE * blue + GREEN_OF_RED * red + HALF >> BITS), 0), 255);
            c[i] = Math.min(Math.max(luma + (BLUE * blue + HALF >> BITS), 0), 255);
        }
    }

    /**
     * Stores a row, and changes the arrays of red. Each pixel is written as an int, whose fourth byte the next one overwrites: storing byte
     * by byte took a fifth of the time of decoding.
     */
    private static void store(int[][] red, int[][] green, int[][] blue, int width, byte[] rgb, int first) {
        for (int side = 0; side < 2; side++) pack(red[side], green[side], blue[side]);
        int[] even = red[0], odd = red[1];
        int i = 0, at = first;
        for (int pairs = Math.min(width, (rgb.length - first - 1) / 3) / 2; i < pairs; i++, at += 6) {
            INT.set(rgb, at, even[i]);
            INT.set(rgb, at + 3, odd[i]);
        }
        for (int x = 2 * i; x < width; x++) {
            int pixel = red[x & 1][x >> 1];
            rgb[at++] = (byte) pixel;
            rgb[at++] = (byte) (pixel >> 8);
            rgb[at++] = (byte) (pixel >> 16);
        }
    }

    private static void pack(int[] red, int[] green, int[] blue) {
        for (int i = 0; i < red.length; i++) red[i] = red[i] | green[i] << 8 | blue[i] << 16;
    }

    /**
     * Makes a row of ink.
     *
     * @param inverted 255 if the first three are what the ink leaves, as Pillow takes all such files for Adobe's; 0 if they are ink. The
     * fourth is always inverted.
     */
    private static void ofInk(int[][][] rows, int inverted, int width, Pixels pixels, int first) {
        for (int x = 0; x < width; x++) {
            int side = x & 1, i = x >> 1;
            pixels.setInk(first + x, rows[0][side][i] ^ inverted, rows[1][side][i] ^ inverted, rows[2][side][i] ^ inverted,
                    rows[3][side][i]);
        }
    }
}
