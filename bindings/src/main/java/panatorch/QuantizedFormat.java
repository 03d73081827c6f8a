package panatorch;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;

/** Formats the quantization that Python prints behind a quantized tensor's elements. */
final class QuantizedFormat {
    private QuantizedFormat() {}

    /** The names of the quantization schemes, in the order of libtorch's numbers. */
    private static final List<String> SCHEMES = List.of("per_tensor_affine", "per_channel_affine", "per_tensor_symmetric",
            "per_channel_symmetric", "per_channel_affine_float_qparams");

    static List<String> suffixes(Tensor t) {
        String name = SCHEMES.get((int) Aten.qscheme(t)), scheme = "quantization_scheme=torch." + name;
        if (name.startsWith("per_tensor")) return List.of(scheme, "scale=" + python(Aten.qScale(t)), "zero_point=" + Aten.qZeroPoint(t));
        return List.of(scheme, "scale=" + Aten.qPerChannelScales(t), "zero_point=" + Aten.qPerChannelZeroPoints(t),
                "axis=" + Aten.qPerChannelAxis(t));
    }

    /**
     * Returns Python's {@code repr} of a number: the shortest digits that identify it, with a power of ten if it is very large or small.
     */
    private static String python(double v) {
        String shortest = Double.toString(v);
        if (v == 0 || !Double.isFinite(v)) return shortest.toLowerCase(Locale.ROOT);
        var exact = new BigDecimal(shortest);
        double size = Math.abs(v);
        if (size >= 1e-4 && size < 1e16)
            return exact.stripTrailingZeros().scale() <= 0 ? exact.toBigInteger() + ".0" : exact.stripTrailingZeros().toPlainString();
        BigDecimal digits = exact.stripTrailingZeros();
        int exponent = digits.precision() - digits.scale() - 1;
        return digits.movePointLeft(exponent).toPlainString() + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }
}
