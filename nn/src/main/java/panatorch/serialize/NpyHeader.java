package panatorch.serialize;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.DType;

/**
 * The header of a {@code .npy} file: a Python dict with the keys {@code descr}, {@code fortran_order} and {@code shape} in any order, with
 * either kind of quotes, and with the long numbers ({@code 2L}) that Python 2 wrote.
 *
 * @param descr type of the elements as NumPy describes it, for example {@code <f4}; null for a record of several
 * @param fortran whether the first index changes fastest
 * @param shape sizes of the dimensions
 */
record NpyHeader(@Nullable String descr, boolean fortran, long[] shape) {
    private static final Map<DType, String> NAMES = Map.ofEntries(Map.entry(DType.BOOL, "b1"), Map.entry(DType.INT8, "i1"),
            Map.entry(DType.INT16, "i2"), Map.entry(DType.INT32, "i4"), Map.entry(DType.INT64, "i8"), Map.entry(DType.UINT8, "u1"),
            Map.entry(DType.UINT16, "u2"), Map.entry(DType.UINT32, "u4"), Map.entry(DType.UINT64, "u8"), Map.entry(DType.FLOAT16, "f2"),
            Map.entry(DType.FLOAT32, "f4"), Map.entry(DType.FLOAT64, "f8"), Map.entry(DType.COMPLEX64, "c8"),
            Map.entry(DType.COMPLEX128, "c16"));
    private static final Map<String, DType> TYPES =
            NAMES.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

    /** Returns how NumPy describes a type, or null if it does not have it. */
    static @Nullable String describe(DType dtype) {
        String name = NAMES.get(dtype);
        return name == null ? null : (dtype.bytes() == 1 ? "|" : "<") + name;
    }

    /** Returns the type in either byte order, or null if tensors do not have it. */
    @Nullable DType dtype() {
        return descr == null || descr.length() < 2 || "<|=>".indexOf(descr.charAt(0)) < 0 ? null : TYPES.get(descr.substring(1));
    }

    boolean bigEndian() { return descr != null && descr.startsWith(">"); }

    /**
     * Reads a header.
     *
     * @throws IllegalArgumentException if it is not such a dict; the message says where
     */
    static NpyHeader parse(String text) {
        Map<String, Object> dict = new Parser(text).dict();
        if (!(dict.get("fortran_order") instanceof Boolean fortran) || !(dict.get("shape") instanceof List<?> sizes)
                || !dict.containsKey("descr"))
            throw new IllegalArgumentException("it lacks descr, fortran_order or shape");
        var shape = new long[sizes.size()];
        for (int i = 0; i < shape.length; i++) {
            if (!(sizes.get(i) instanceof Long size)) throw new IllegalArgumentException("its shape holds something that is no number");
            shape[i] = size;
        }
        return new NpyHeader(dict.get("descr") instanceof String s ? s : null, fortran, shape);
    }

    /** Reads the literals of Python that headers have: dicts with texts as keys, tuples, lists, texts, whole numbers and truth values. */
    private static final class Parser {
        private static final int MOST_LEVELS = 8;

        private final String text;
        private int at, level;

        Parser(String text) { this.text = text; }

        Map<String, Object> dict() {
            skip();
            if (!(value() instanceof Map<?, ?> map)) throw wrong();
            skip();
            if (at < text.length()) throw wrong();
            return map.entrySet().stream().collect(Collectors.toMap(e -> (String) e.getKey(), e -> e.getValue()));
        }

        private Object value() {
            if (++level > MOST_LEVELS) throw wrong();
            char c = peek();
            Object value = switch (c) {
                case '{' -> map();
                case '(' -> list(')');
                case '[' -> list(']');
                case '\'', '"' -> string();
                case 'T', 'F' -> truth();
                default -> number();
            };
            level--;
            return value;
        }

        private Map<String, Object> map() {
            var map = new java.util.LinkedHashMap<String, Object>();
            at++;
            for (skip(); peek() != '}'; skip()) {
                String key = string();
                skip();
                expect(':');
                skip();
                map.put(key, value());
                skip();
                if (peek() != '}') expect(',');
            }
            at++;
            return map;
        }

        private List<Object> list(char end) {
            var list = new ArrayList<Object>();
            at++;
            for (skip(); peek() != end; skip()) {
                list.add(value());
                skip();
                if (peek() != end) expect(',');
            }
            at++;
            return list;
        }

        private String string() {
            char quote = peek();
            if (quote != '\'' && quote != '"') throw wrong();
            int end = text.indexOf(quote, at + 1);
            if (end < 0) throw wrong();
            String s = text.substring(at + 1, end);
            at = end + 1;
            return s;
        }

        private Boolean truth() {
            for (String word : List.of("True", "False")) {
                if (!text.startsWith(word, at)) continue;
                at += word.length();
                return word.equals("True");
            }
            throw wrong();
        }

        private Long number() {
            int begin = at;
            while (at < text.length() && Character.isDigit(text.charAt(at))) at++;
            String digits = text.substring(begin, at);
            if (digits.isEmpty() || digits.length() > 18) throw wrong();
            if (at < text.length() && text.charAt(at) == 'L') at++;
            return Long.parseLong(digits);
        }

        private void expect(char c) {
            if (peek() != c) throw wrong();
            at++;
        }

        private char peek() {
            if (at >= text.length()) throw wrong();
            return text.charAt(at);
        }

        private void skip() { while (at < text.length() && Character.isWhitespace(text.charAt(at))) at++; }

        private IllegalArgumentException wrong() { return new IllegalArgumentException("it is damaged at character " + at); }
    }
}
