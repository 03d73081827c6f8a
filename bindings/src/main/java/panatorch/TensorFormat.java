package panatorch;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * Formats tensors as Python's PyTorch does, in the way that {@link PrintOptions} say. Sparse tensors show their indices and values,
 * quantized ones their dequantized values.
 */
final class TensorFormat {
    private static final int INDENT = "tensor(".length();

    /** The way in which the process prints tensors. */
    static volatile PrintOptions options = PrintOptions.DEFAULT;

    private final PrintOptions o;

    private TensorFormat(PrintOptions o) { this.o = o; }

    static String format(Tensor t, PrintOptions options) {
        try (var scope = Scope.open()) {
            return new TensorFormat(options).whole(t);
        }
    }

    private String whole(Tensor t) {
        var suffixes = new ArrayList<String>();
        String values;
        long[] shape = t.shape();
        DType type = t.dtype(), standard = DType.standard();
        boolean meta = t.device().type() == Device.Type.META, sparse = Sparse.PARTS.containsKey(t.layout()), usual = type == standard;
        boolean usualElements = usual || type == DType.INT64 || type == DType.BOOL
                || type == (standard == DType.FLOAT64 ? DType.COMPLEX128 : DType.COMPLEX64);
        if (t.device().type() != Device.Type.CPU) suffixes.add("device='" + t.device() + "'");
        if (sparse) {
            suffixes.add("size=" + tuple(shape));
            if (!meta) suffixes.add("nnz=" + Aten._nnz(t));
            values = sparseParts(t, meta);
            usual = usualElements;
        } else if (type.isQuantized()) {
            suffixes.add("size=" + tuple(shape));
            values = elements(t.dequantize(), INDENT);
        } else if (meta) {
            suffixes.add("size=" + tuple(shape));
            values = "...";
        } else if (t.numel() == 0) {
            if (shape.length != 1) suffixes.add("size=" + tuple(shape));
            values = "[]";
        } else {
            if (o.edgeItems() == 0) suffixes.add("size=" + tuple(shape));
            values = elements(t.layout() == Layout.STRIDED ? t : t.toDense(), INDENT);
            usual = usualElements;
        }
        if (!usual) suffixes.add("dtype=torch." + type);
        if (type.isQuantized()) suffixes.addAll(QuantizedFormat.suffixes(t));
        if (t.layout() != Layout.STRIDED)
            suffixes.add("layout=torch." + (t.layout() == Layout.MKLDNN ? "_mkldnn" : t.layout().name().toLowerCase(Locale.ROOT)));
        String gradFn = t.gradFn();
        if (gradFn != null) suffixes.add("grad_fn=<" + gradFn + ">");
        else if (t.requiresGrad()) suffixes.add("requires_grad=True");
        return withSuffixes("tensor(" + values, suffixes, t.layout() == Layout.SPARSE_COO);
    }

    /** @param newLine whether the first suffix begins a new line, as it does after a text of several lines */
    private String withSuffixes(String text, List<String> suffixes, boolean newLine) {
        var all = new StringBuilder(text);
        int last = text.length() - text.lastIndexOf('\n') + 1;
        boolean fresh = newLine;
        for (String suffix : suffixes) {
            boolean fits = !fresh && last + suffix.length() + 2 <= o.lineWidth();
            all.append(fits ? ", " : ",\n" + " ".repeat(INDENT)).append(suffix);
            last = fits ? last + suffix.length() + 2 : INDENT + suffix.length();
            fresh = false;
        }
        return all.append(')').toString();
    }

    /** The parts of a sparse tensor. */
    private static final class Sparse {
        record Part(String name, Function<Tensor, Tensor> of) {}

        private static final Part CROW = new Part("crow_indices", Aten::crowIndices), COL = new Part("col_indices", Aten::colIndices),
                CCOL = new Part("ccol_indices", Aten::ccolIndices), ROW = new Part("row_indices", Aten::rowIndices),
                VALUES = new Part("values", Aten::values);
        static final Map<Layout, List<Part>> PARTS = Map.of(
                Layout.SPARSE_COO, List.of(new Part("indices", Aten::_indices), new Part("values", Aten::_values)),
                Layout.SPARSE_CSR, List.of(CROW, COL, VALUES), Layout.SPARSE_BSR, List.of(CROW, COL, VALUES),
                Layout.SPARSE_CSC, List.of(CCOL, ROW, VALUES), Layout.SPARSE_BSC, List.of(CCOL, ROW, VALUES));
    }

    private String sparseParts(Tensor t, boolean meta) {
        var texts = new ArrayList<String>();
        try (var noGrad = NoGrad.enter()) {
            for (Sparse.Part part : Sparse.PARTS.getOrDefault(t.layout(), List.of())) {
                Tensor p = part.of.apply(t);
                String prefix = part.name + "=tensor(";
                String elements = meta ? "..." : p.numel() == 0 ? "[]" : elements(p, INDENT + prefix.length());
                texts.add(prefix + elements + (meta || p.numel() == 0 ? ", size=" + tuple(p.shape()) : "") + ")");
            }
        }
        return String.join(",\n" + " ".repeat(INDENT), texts);
    }

    private static String tuple(long[] shape) {
        return "(" + Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", ")) + (shape.length == 1 ? ",)" : ")");
    }

    private String elements(Tensor t, int indent) {
        boolean edges = t.numel() > o.threshold();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor shown = edges ? edges(t) : t;
            if (t.dtype().isComplex()) {
                Tensor parts = Aten.viewAsReal(shown.to(DType.COMPLEX128).resolveConj());
                var real = Numbers.of(parts.select(-1, 0).toDoubleArray(), o);
                var imaginary = Numbers.of(parts.select(-1, 1).toDoubleArray(), o);
                return new Rows(t.shape(), shown.shape(), edges, i -> complex(real.text(i), imaginary.text(i).strip()),
                        real.width() + imaginary.width() + 1, o).text(indent);
            }
            var numbers = t.dtype() == DType.BOOL ? Numbers.truths(shown.toByteArray())
                    : t.dtype().isFloatingPoint() ? Numbers.of(shown.toDoubleArray(), o)
                            : Numbers.integers(shown.toLongArray(), t.dtype() == DType.UINT64);
            return new Rows(t.shape(), shown.shape(), edges, numbers::text, numbers.width(), o).text(indent);
        }
    }

    private static String complex(String real, String imaginary) { return real + (imaginary.startsWith("-") ? "" : "+") + imaginary + "j"; }

    /** Returns the tensor with only the first and last elements of every dimension that is too long to show. */
    private Tensor edges(Tensor t) {
        int edge = o.edgeItems();
        Tensor shown = t;
        for (int d = 0; d < t.dim(); d++) {
            if (t.size(d) > 2L * edge) shown = Aten.cat(List.of(shown.narrow(d, 0, edge), shown.narrow(d, t.size(d) - edge, edge)), d);
        }
        return shown;
    }

    /**
     * The elements in brackets and lines.
     *
     * @param shape sizes of the whole tensor
     * @param shown sizes of the part whose elements are shown
     * @param element text of an element by its flat index in that part
     */
    private record Rows(long[] shape, long[] shown, boolean edgesOnly, IntFunction<String> element, int width, PrintOptions o) {
        String text(int indent) { return shown.length == 0 ? element.apply(0) : text(0, 0, indent); }

        /** Returns the text of the part of dimension {@code d} whose first shown element has the flat index {@code at}. */
        private String text(int d, int at, int indent) {
            int edge = o.edgeItems();
            boolean last = d == shown.length - 1, cut = edgesOnly && shape[d] > 2L * edge;
            int step = 1;
            for (int k = d + 1; k < shown.length; k++) step *= (int) shown[k];
            var parts = new ArrayList<String>();
            for (int i = 0; i <= shown[d]; i++) {
                if (cut && i == edge) parts.add(last && edge > 0 ? " ..." : "...");
                if (i < shown[d]) parts.add(last ? element.apply(at + i) : text(d + 1, at + i * step, indent + 1));
            }
            return "["
                    + (last ? lines(parts, indent) : String.join("," + "\n".repeat(shown.length - 1 - d) + " ".repeat(indent + 1), parts))
                    + "]";
        }

        private String lines(List<String> elements, int indent) {
            int perLine = Math.max(1, (o.lineWidth() - indent) / (width + 2));
            var lines = new ArrayList<String>();
            for (int i = 0; i < elements.size(); i += perLine)
                lines.add(String.join(", ", elements.subList(i, Math.min(elements.size(), i + perLine))));
            return String.join(",\n" + " ".repeat(indent + 1), lines);
        }
    }

    /** Numbers in one common notation, padded to one width. */
    private record Numbers(List<String> texts, int width) {
        String text(int i) { return " ".repeat(Math.max(0, width - texts.get(i).length())) + texts.get(i); }

        static Numbers integers(long[] values, boolean unsigned) {
            return widest(Arrays.stream(values).mapToObj(unsigned ? Long::toUnsignedString : Long::toString).toList());
        }

        static Numbers truths(byte[] values) {
            var texts = new ArrayList<String>();
            for (byte b : values) texts.add(b != 0 ? "True" : "False");
            return widest(texts);
        }

        private static Numbers widest(List<String> texts) {
            return new Numbers(texts, texts.stream().mapToInt(String::length).max().orElse(1));
        }

        /**
         * Formats integers as {@code 3.}, other numbers with the digits of the options, and all with powers of ten if the options say so
         * or, if they do not, if the numbers are very large, small or different.
         */
        static Numbers of(double[] values, PrintOptions o) {
            double[] counted = Arrays.stream(values).filter(v -> v != 0 && Double.isFinite(v)).toArray();
            double largest = Arrays.stream(counted).map(Math::abs).max().orElse(1),
                    smallest = Arrays.stream(counted).map(Math::abs).min().orElse(1);
            boolean whole = Arrays.stream(counted).allMatch(v -> v == Math.ceil(v));
            Boolean asked = o.sciMode();
            boolean powers = counted.length > 0
                    && (asked != null ? asked : largest / smallest > 1000 || largest > 1e8 || !whole && smallest < 1e-4);
            var texts = Arrays.stream(values).mapToObj(v -> one(v, whole, powers, o.precision())).toList();
            int width = Arrays.stream(counted).mapToInt(v -> one(v, whole, powers, o.precision()).length()).max().orElse(1);
            return new Numbers(texts, width);
        }

        private static String one(double v, boolean whole, boolean powers, int digits) {
            if (Double.isNaN(v)) return "nan";
            if (Double.isInfinite(v)) return v > 0 ? "inf" : "-inf";
            String sign = v < 0 || v == 0 && 1 / v < 0 ? "-" : "";
            var exact = new BigDecimal(Math.abs(v));
            if (powers) return sign + scientific(exact, digits);
            return sign + (whole ? exact.setScale(0, RoundingMode.HALF_EVEN).toPlainString() + "."
                    : exact.setScale(digits, RoundingMode.HALF_EVEN).toPlainString());
        }

        private static String scientific(BigDecimal v, int digits) {
            BigDecimal rounded = v.round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
            int exponent = v.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
            String mantissa = rounded.movePointLeft(exponent).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
            return mantissa + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        }
    }
}
