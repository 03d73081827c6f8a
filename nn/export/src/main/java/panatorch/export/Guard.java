package panatorch.export;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A condition on the shapes of the inputs that a program has beside its symbols, which Python wrote as an expression:
 * {@code L['x'].size()[0] % 2 == 0}.
 */
final class Guard {
    /** A part of an expression, a number for given shapes; NaN if it cannot be told. Truth is 1. */
    private interface Term {
        double value(long[][] shapes);
    }

    private final String text;
    private final Term condition;

    private Guard(String text, Term condition) {
        this.text = text;
        this.condition = condition;
    }

    /**
     * Parses a condition.
     *
     * @param paths for each input the text by which the condition names it: {@code L['x']}
     * @return null if the condition is about something else than sizes of these inputs
     */
    static @Nullable Guard of(String text, List<String> paths) {
        try {
            var parser = new Parser(text, paths);
            Term condition = parser.either();
            return parser.rest().isEmpty() ? new Guard(text, condition) : null;
        } catch (IllegalArgumentException notUnderstood) {
            return null;
        }
    }

    /**
     * Checks the condition.
     *
     * @param shapes the inputs' shapes; null for those that are not tensors
     * @throws IllegalArgumentException if it does not hold
     */
    void check(long[][] shapes) {
        if (condition.value(shapes) == 0)
            throw new IllegalArgumentException("the shapes of the inputs do not meet the program's condition " + text);
    }

    /** A parser of the few of Python's expressions that conditions on sizes are made of. */
    private static final class Parser {
        private static final int LONGEST = 10_000, DEEPEST = 100;
        private final String text;
        private final List<String> paths;
        private int at, depth;

        Parser(String text, List<String> paths) {
            if (text.length() > LONGEST) throw new IllegalArgumentException("too long");
            this.text = text;
            this.paths = paths;
        }

        String rest() { return text.substring(at).strip(); }

        private boolean skip(String word) {
            while (at < text.length() && text.charAt(at) == ' ') at++;
            if (!text.startsWith(word, at)) return false;
            boolean letters = Character.isLetter(word.charAt(0));
            if (letters && at + word.length() < text.length() && Character.isLetterOrDigit(text.charAt(at + word.length()))) return false;
            at += word.length();
            return true;
        }

        private void need(String word) { if (!skip(word)) throw new IllegalArgumentException("no " + word); }

        Term either() {
            if (++depth > DEEPEST) throw new IllegalArgumentException("too deep");
            Term left = both();
            while (skip("or")) {
                Term a = left, b = both();
                left = s -> Math.max(a.value(s), b.value(s));
            }
            depth--;
            return left;
        }

        private Term both() {
            Term left = negation();
            while (skip("and")) {
                Term a = left, b = negation();
                left = s -> Math.min(a.value(s), b.value(s));
            }
            return left;
        }

        private Term negation() {
            if (!skip("not")) return comparison();
            Term a = negation();
            return s -> truth(a.value(s), a.value(s) == 0);
        }

        private static double truth(double known, boolean holds) { return Double.isNaN(known) ? Double.NaN : holds ? 1 : 0; }

        private Term comparison() {
            Term all = null, left = sum();
            while (true) {
                String op = operator();
                if (op == null) return all == null ? left : all;
                Term a = left, b = sum(), before = all;
                Term one = s -> {
                    double x = a.value(s), y = b.value(s);
                    return truth(x + y, switch (op) {
                        case "==" -> x == y;
                        case "!=" -> x != y;
                        case "<=" -> x <= y;
                        case ">=" -> x >= y;
                        case "<" -> x < y;
                        default -> x > y;
                    });
                };
                all = before == null ? one : s -> Math.min(before.value(s), one.value(s));
                left = b;
            }
        }

        private @Nullable String operator() {
            for (String op : List.of("==", "!=", "<=", ">=", "<", ">")) if (skip(op)) return op;
            return null;
        }

        private Term sum() {
            Term left = product();
            while (true) {
                Term a = left;
                if (skip("+")) {
                    Term b = product();
                    left = s -> a.value(s) + b.value(s);
                } else if (skip("-")) {
                    Term b = product();
                    left = s -> a.value(s) - b.value(s);
                } else {
                    return left;
                }
            }
        }

        private Term product() {
            Term left = unary();
            while (true) {
                Term a = left;
                if (skip("**")) throw new IllegalArgumentException("a power");
                if (skip("//")) {
                    Term b = unary();
                    left = s -> Math.floor(a.value(s) / b.value(s));
                } else if (skip("*")) {
                    Term b = unary();
                    left = s -> a.value(s) * b.value(s);
                } else if (skip("/")) {
                    Term b = unary();
                    left = s -> a.value(s) / b.value(s);
                } else if (skip("%")) {
                    Term b = unary();
                    left = s -> a.value(s) - Math.floor(a.value(s) / b.value(s)) * b.value(s);
                } else {
                    return left;
                }
            }
        }

        private Term unary() {
            if (++depth > DEEPEST) throw new IllegalArgumentException("too deep");
            Term result;
            if (skip("-")) {
                Term a = unary();
                result = s -> -a.value(s);
            } else if (skip("(")) {
                result = either();
                need(")");
            } else {
                result = atom();
            }
            depth--;
            return result;
        }

        private Term atom() {
            while (at < text.length() && text.charAt(at) == ' ') at++;
            if (at < text.length() && Character.isDigit(text.charAt(at))) {
                double number = digits();
                return s -> number;
            }
            for (int i = 0; i < paths.size(); i++) {
                int from = at, input = i;
                if (!skip(paths.get(i)) || !skip(".size()[")) {
                    at = from;
                    continue;
                }
                int dim = (int) digits();
                need("]");
                return s -> s[input] != null && dim < s[input].length ? s[input][dim] : Double.NaN;
            }
            throw new IllegalArgumentException("unknown");
        }

        private double digits() {
            int from = at;
            while (at < text.length() && Character.isDigit(text.charAt(at))) at++;
            if (from == at || at - from > 18) throw new IllegalArgumentException("no number");
            return Long.parseLong(text.substring(from, at));
        }
    }
}
