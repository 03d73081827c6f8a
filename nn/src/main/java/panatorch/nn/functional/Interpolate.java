package panatorch.nn.functional;

import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Nn;
import panatorch.Tensor;

/**
 * Resizes the last dimensions of [N, C, L], [N, C, H, W] or [N, C, D, H, W], as {@code torch.nn.functional.interpolate}.
 *
 * <pre>{@code Tensor twice = Interpolate.by(Interpolate.Mode.BILINEAR, 2).apply(images);}</pre>
 *
 * @param size size of the output, one number for all dimensions or one for each; null if scale factors are given
 * @param scaleFactors scale factors, one for all dimensions or one for each; null if sizes are given
 * @param mode interpolation between elements
 * @param alignCorners whether the centres of the corner elements stay in place; for LINEAR, BILINEAR, BICUBIC and TRILINEAR
 * @param recompute whether the scale is recomputed from the rounded output size instead of used as given
 */
public record Interpolate(long @Nullable [] size, double @Nullable [] scaleFactors, Mode mode, boolean alignCorners, boolean recompute) {
    /** The interpolation between elements. */
    public enum Mode {
        NEAREST, NEAREST_EXACT, LINEAR, BILINEAR, BICUBIC, TRILINEAR,
        /** Means over areas, as {@code AdaptiveAvgPool} computes them. */
        AREA;

        /** Returns Python's name of the mode. */
        @Override public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public static Interpolate to(Mode mode, long... size) { return new Interpolate(size, null, mode, false, false); }

    public static Interpolate by(Mode mode, double... scaleFactors) { return new Interpolate(null, scaleFactors, mode, false, false); }

    public Interpolate alignCorners(boolean on) { return new Interpolate(size, scaleFactors, mode, on, recompute); }

    public Interpolate recompute(boolean on) { return new Interpolate(size, scaleFactors, mode, alignCorners, on); }

    private static Tensor area(Tensor x, long[] size) {
        return size.length == 1 ? Aten.adaptiveAvgPool1d(x, size)
                : size.length == 2 ? Nn.adaptiveAvgPool2d(x, size) : Nn.adaptiveAvgPool3d(x, size);
    }

    /** @throws IllegalArgumentException if the mode is not one for the input's dimensions */
    public Tensor apply(Tensor x) {
        int dims = (int) x.dim() - 2;
        if (dims < 1 || dims > 3) throw new IllegalArgumentException("interpolation takes 3 to 5 dimensions, not " + x.describe());
        long[] s = size == null ? null : all(dims, size);
        double[] f = scaleFactors == null ? null : scaleFactors.length == dims ? scaleFactors
                : scaleFactors.length == 1 ? filled(dims, scaleFactors[0]) : wrong(dims, scaleFactors.length);
        if (f != null && (recompute || mode == Mode.AREA)) {
            s = new long[dims];
            for (int d = 0; d < dims; d++) s[d] = (long) (x.size(d + 2) * f[d]);
            f = null;
        }
        return switch (mode) {
            case NEAREST ->
                    dims == 1 ? Nn.upsampleNearest1d(x, s, f) : dims == 2 ? Nn.upsampleNearest2d(x, s, f) : Nn.upsampleNearest3d(x, s, f);
            case NEAREST_EXACT -> dims == 1 ? Aten._upsampleNearestExact1d(x, s, f)
                    : dims == 2 ? Aten._upsampleNearestExact2d(x, s, f) : Aten._upsampleNearestExact3d(x, s, f);
            case AREA -> area(x, Objects.requireNonNull(s)); // given, or computed from the factors
            case LINEAR -> Nn.upsampleLinear1d(only(x, dims, 1), s, alignCorners, f);
            case BILINEAR -> Nn.upsampleBilinear2d(only(x, dims, 2), s, alignCorners, f);
            case BICUBIC -> Nn.upsampleBicubic2d(only(x, dims, 2), s, alignCorners, f);
            case TRILINEAR -> Nn.upsampleTrilinear3d(only(x, dims, 3), s, alignCorners, f);
        };
    }

    private Tensor only(Tensor x, int dims, int needed) {
        if (dims != needed)
            throw new IllegalArgumentException(mode + " interpolation takes " + (needed + 2) + " dimensions, not " + x.describe());
        return x;
    }

    private static long[] all(int dims, long[] size) {
        if (size.length == dims) return size;
        if (size.length != 1) wrong(dims, size.length);
        long[] all = new long[dims];
        Arrays.fill(all, size[0]);
        return all;
    }

    private static double[] filled(int dims, double value) {
        double[] all = new double[dims];
        Arrays.fill(all, value);
        return all;
    }

    private static double[] wrong(int dims, int given) {
        throw new IllegalArgumentException("one size or " + dims
                + " sizes are needed, not " + given);
    }
}
