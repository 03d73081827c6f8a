package panatorch.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A size as a formula of symbols, which programs write as sympy's {@code srepr} does: {@code Mul(Integer(2), Symbol('s53'))}. */
sealed interface SymbolicExpression {
    record Number(double value) implements SymbolicExpression {}

    record Symbol(String name) implements SymbolicExpression {}

    /** @param function sympy's or PyTorch's name of the function */
    record Call(String function, List<SymbolicExpression> arguments) implements SymbolicExpression {}

    static SymbolicExpression of(long value) { return new Number(value); }

    /**
     * Parses an expression.
     *
     * @throws IllegalArgumentException if the text is not one
     */
    static SymbolicExpression parse(String text) { return new Parser(text).whole(); }

    /** Returns the value, which is a whole number, if it does not depend on symbols; otherwise null. */
    default @Nullable Long constant() {
        return value(Map.of());
    }

    /** Returns the value if it is a whole number and all symbols have a value; otherwise null. */
    default @Nullable Long value(Map<String, Long> symbols) {
        double v = evaluate(symbols);
        return v == Math.rint(v) && Math.abs(v) <= 0x1p63 ? (Long) (long) v : null;
    }

    /** Returns the value; NaN if a symbol has none, or a function is unknown. */
    private double evaluate(Map<String, Long> symbols) {
        return switch (this) {
            case Number n -> n.value;
            case Symbol s -> symbols.containsKey(s.name) ? symbols.get(s.name) : Double.NaN;
            case Call c -> {
                double[] a = c.arguments.stream().mapToDouble(x -> x.evaluate(symbols)).toArray();
                yield apply(c.function, a);
            }
        };
    }

    private static double apply(String function, double[] a) {
        return switch (function + "/" + Math.min(a.length, 3)) {
            case "Pow/2", "PowByNatural/2", "FloatPow/2" -> Math.pow(a[0], a[1]);
            case "FloorDiv/2", "CleanDiv/2" -> Math.floor(a[0] / a[1]);
            case "CeilDiv/2" -> Math.ceil(a[0] / a[1]);
            case "IntTrueDiv/2", "FloatTrueDiv/2", "Rational/2" -> a[0] / a[1];
            case "Mod/2", "PythonMod/2" -> a[0] - Math.floor(a[0] / a[1]) * a[1];
            case "ModularIndexing/3" -> Math.floor(a[0] / a[1]) - Math.floor(Math.floor(a[0] / a[1]) / a[2]) * a[2];
            case "LShift/2" -> a[0] * Math.pow(2, a[1]);
            case "RShift/2" -> Math.floor(a[0] / Math.pow(2, a[1]));
            case "floor/1", "FloorToInt/1" -> Math.floor(a[0]);
            case "ceiling/1", "CeilToInt/1" -> Math.ceil(a[0]);
            case "TruncToInt/1", "TruncToFloat/1" -> a[0] < 0 ? Math.ceil(a[0]) : Math.floor(a[0]);
            case "RoundToInt/1" -> Math.rint(a[0]);
            case "ToFloat/1", "Identity/1" -> a[0];
            default -> fold(function, a);
        };
    }

    private static double fold(String function, double[] a) {
        if (a.length == 0) return Double.NaN;
        double result = a[0];
        for (int i = 1; i < a.length; i++) {
            result = switch (function) {
                case "Add" -> result + a[i];
                case "Mul" -> result * a[i];
                case "Max" -> Math.max(result, a[i]);
                case "Min" -> Math.min(result, a[i]);
                default -> Double.NaN;
            };
        }
        return a.length > 1 || List.of("Add", "Mul", "Max", "Min").contains(function) ? result : Double.NaN;
    }

    /** Returns the value that symbol {@code name} must have for this linear expression to be {@code size}; null if there is none. */
    default @Nullable Long solve(String name, long size) {
        double zero = evaluate(Map.of(name, 0L)), slope = evaluate(Map.of(name, 1L)) - zero, value = (size - zero) / slope;
        if (!(value == Math.rint(value)) || Math.abs(value) > 0x1p62) return null;
        return evaluate(Map.of(name, (long) value)) == size ? (Long) (long) value : null;
    }

    /** Returns the names of the symbols. */
    default Set<String> symbols() {
        return switch (this) {
            case Number _ -> Set.of();
            case Symbol s -> Set.of(s.name);
            case Call c -> c.arguments.stream().flatMap(a -> a.symbols().stream()).collect(Collectors.toCollection(TreeSet::new));
        };
    }

    /** Returns the expression in Python's notation. */
    default String text() {
        return switch (this) {
            case Number n -> n.value == Math.rint(n.value) ? Long.toString((long) n.value) : Double.toString(n.value);
            case Symbol s -> s.name;
            case Call c -> switch (c.function) {
                case "Add" -> sum(c.arguments);
                case "Mul" -> joined(c.arguments, "*");
                case "Pow", "PowByNatural" -> joined(c.arguments, "**");
                case "FloorDiv", "CleanDiv" -> "(" + joined(c.arguments, "//") + ")";
                case "Rational", "IntTrueDiv", "FloatTrueDiv" -> joined(c.arguments, "/");
                case "Mod", "PythonMod" -> "(" + joined(c.arguments, " % ") + ")";
                default -> c.function + c.arguments.stream().map(SymbolicExpression::text).collect(Collectors.joining(", ", "(", ")"));
            };
        };
    }

    private static String joined(List<SymbolicExpression> parts, String by) {
        return parts.stream().map(a -> a instanceof Call c && c.function.equals("Add") ? "(" + a.text() + ")" : a.text())
                .collect(Collectors.joining(by));
    }

    /** Returns a sum with its numbers last, as sympy prints it. */
    private static String sum(List<SymbolicExpression> parts) {
        var sorted = new ArrayList<>(parts);
        sorted.sort((a, b) -> Boolean.compare(a instanceof Number, b instanceof Number));
        var text = new StringBuilder();
        for (SymbolicExpression part : sorted) {
            String term = part.text();
            if (text.isEmpty()) text.append(term);
            else text.append(term.startsWith("-") ? " - " + term.substring(1) : " + " + term);
        }
        return text.toString();
    }

    /** A parser of {@code srepr}'s notation. */
    final class Parser {
        private static final int DEEPEST = 200, LONGEST = 1 << 16;
        private final String text;
        private int at, depth;

        Parser(String text) { this.text = text; }

        SymbolicExpression whole() {
            if (text.length() > LONGEST) throw wrong("is longer than " + LONGEST + " characters");
            SymbolicExpression e = expression();
            if (at < text.length()) throw wrong("goes on after its end");
            return e;
        }

        private IllegalArgumentException wrong(String what) {
            String shown = text.length() <= 80 ? text : text.substring(0, 80) + "…";
            return new IllegalArgumentException("the expression " + shown + " " + what);
        }

        private SymbolicExpression expression() {
            if (++depth > DEEPEST) throw wrong("is nested too deeply");
            int from = at;
            while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_' || text.charAt(at) == '.'
                    || at == from && text.charAt(at) == '-'))
                at++;
            String word = text.substring(from, at);
            if (at == text.length() || text.charAt(at) != '(') {
                depth--;
                return word(word);
            }
            at++;
            SymbolicExpression e = switch (word) {
                case "Symbol", "Dummy" -> new Symbol(quoted());
                case "Float" -> new Number(number(quoted()));
                default -> null;
            };
            if (e != null) skipOptions();
            else e = call(word);
            depth--;
            return e;
        }

        private SymbolicExpression word(String word) {
            if (word.isEmpty()) throw wrong("is malformed at character " + at);
            if (word.charAt(0) != '-' && !Character.isDigit(word.charAt(0))) return new Call(word, List.of());
            return new Number(number(word));
        }

        private double number(String word) {
            try {
                return Double.parseDouble(word);
            } catch (NumberFormatException e) {
                throw wrong("has the number " + word);
            }
        }

        private SymbolicExpression call(String function) {
            var arguments = new ArrayList<SymbolicExpression>();
            while (!skip(')')) {
                if (!arguments.isEmpty() && !skip(',')) throw wrong("is malformed at character " + at);
                while (skip(' '));
                arguments.add(expression());
            }
            return function.equals("Integer") && arguments.size() == 1 ? arguments.getFirst() : new Call(function, List.copyOf(arguments));
        }

        private String quoted() {
            if (!skip('\'')) throw wrong("is malformed at character " + at);
            int end = text.indexOf('\'', at);
            if (end < 0) throw wrong("ends within a name");
            String name = text.substring(at, end);
            at = end + 1;
            return name;
        }

        /** Skips the assumptions about a symbol, such as {@code positive=True}, and the bracket. */
        private void skipOptions() {
            int end = text.indexOf(')', at);
            if (end < 0) throw wrong("ends within a bracket");
            at = end + 1;
        }

        private boolean skip(char c) {
            if (at >= text.length() || text.charAt(at) != c) return false;
            at++;
            return true;
        }
    }
}
