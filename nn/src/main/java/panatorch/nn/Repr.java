package panatorch.nn;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Tensor;

/** Formats values as Python's {@code repr} does. */
final class Repr {
    private Repr() {}

    static String of(boolean b) { return b ? "True" : "False"; }

    static String of(@Nullable Object v) {
        return switch (v) {
            case null -> "None";
            case Boolean b -> of(b.booleanValue());
            case Double d -> of(d.doubleValue());
            case long[] a -> size(a);
            case String s -> "'" + s + "'";
            default -> v.toString();
        };
    }

    /** Returns the shortest digits from which the number can be read back, with an exponent below 1e-4 and from 1e16 on. */
    static String of(double d) {
        if (Double.isNaN(d)) return "nan";
        if (Double.isInfinite(d)) return d > 0 ? "inf" : "-inf";
        if (d == 0) return 1 / d > 0 ? "0.0" : "-0.0";
        var exact = new BigDecimal(Double.toString(d)).stripTrailingZeros();
        int exponent = exact.precision() - exact.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = exact.toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        return exact.movePointLeft(exponent).stripTrailingZeros().toPlainString() + (exponent < 0 ? "e-" : "e+")
                + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    static String tuple(long... v) {
        return v.length == 1 ? "(" + v[0] + ",)" : Arrays.stream(v).mapToObj(Long::toString).collect(Collectors.joining(", ", "(", ")"));
    }

    /** Formats sizes: one number for all dimensions, or one for each. */
    static String size(long... v) {
        return v.length == 1 ? Long.toString(v[0]) : tuple(v);
    }

    /** Formats sizes as {@link #size}, with None for 0. */
    static String kept(long... v) {
        if (v.length == 1) return v[0] == 0 ? "None" : Long.toString(v[0]);
        return Arrays.stream(v).mapToObj(n -> n == 0 ? "None" : Long.toString(n)).collect(Collectors.joining(", ", "(", ")"));
    }

    /** Formats a module: options alone on its line, otherwise each line of them and each child on a line of its own. */
    static String module(String name, String options, Map<String, ?> parts) {
        if (parts.isEmpty() && !options.contains("\n")) return name + "(" + options + ")";
        List<String> lines = new ArrayList<>();
        if (!options.isEmpty()) lines.addAll(List.of(options.split("\n")));
        parts.forEach((key, part) -> lines.add(indented("(" + key + "): " + part)));
        return block(name, lines);
    }

    /** Returns one line for each parameter of a list or dictionary. */
    static String parameters(Map<String, @Nullable Tensor> parameters) {
        return parameters.entrySet().stream()
                .map(e -> "  (" + e.getKey() + "): " + (e.getValue() == null ? "None" : describe(e.getValue())))
                .collect(Collectors.joining("\n"));
    }

    private static String describe(Tensor t) {
        return "Parameter containing: [torch." + t.dtype() + " of size "
                + Arrays.stream(t.shape()).mapToObj(Long::toString).collect(Collectors.joining("x"))
                + (t.device().type() == Device.Type.CUDA ? " (" + t.device() + ")]" : "]");
    }

    static String block(String name, List<String> lines) { return name + "(\n  " + String.join("\n  ", lines) + "\n)"; }

    static String indented(String text) { return text.replace("\n", "\n  "); }
}
