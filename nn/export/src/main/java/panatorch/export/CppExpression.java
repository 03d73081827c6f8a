package panatorch.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Sizes as AOTInductor writes them in C++: sums and products of whole numbers and symbols, {@code 2L*s53 + 1L}. */
final class CppExpression {
    private static final int DEEPEST = 100;

    private final String text;
    private int at, depth;

    private CppExpression(String text) { this.text = text; }

    /**
     * Parses expressions that commas separate.
     *
     * @throws IllegalArgumentException if one is something else
     */
    static List<SymbolicExpression> list(String text) {
        var parser = new CppExpression(text.replace(" ", ""));
        var all = new ArrayList<SymbolicExpression>();
        while (parser.at < parser.text.length()) {
            all.add(parser.sum());
            if (parser.at < parser.text.length() && !parser.skip(',')) throw parser.wrong();
        }
        return all;
    }

    private IllegalArgumentException wrong() { return new IllegalArgumentException("the size " + text + " is not understood"); }

    private SymbolicExpression sum() {
        if (++depth > DEEPEST) throw wrong();
        var terms = new ArrayList<SymbolicExpression>();
        boolean negative = skip('-');
        do {
            SymbolicExpression term = product();
            terms.add(negative ? call("Mul", List.of(SymbolicExpression.of(-1), term)) : term);
            negative = peek('-');
        } while (skip('+') || skip('-'));
        depth--;
        return call("Add", terms);
    }

    private SymbolicExpression product() {
        var factors = new ArrayList<SymbolicExpression>();
        do factors.add(factor());
        while (skip('*'));
        return call("Mul", factors);
    }

    private SymbolicExpression factor() {
        if (skip('(')) {
            SymbolicExpression inner = sum();
            if (!skip(')')) throw wrong();
            return inner;
        }
        int from = at;
        while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) at++;
        String word = text.substring(from, at);
        if (word.matches("\\d{1,18}L{0,2}")) return SymbolicExpression.of(Long.parseLong(word.replace("L", "")));
        if (!word.matches("[a-z]+\\d+") || peek('(')) throw wrong();
        return new SymbolicExpression.Symbol(word);
    }

    private static SymbolicExpression call(String function, List<SymbolicExpression> parts) {
        if (parts.size() == 1) return parts.getFirst();
        var call = new SymbolicExpression.Call(function, List.copyOf(parts));
        Long constant = call.value(Map.of());
        return constant == null ? call : SymbolicExpression.of(constant);
    }

    private boolean peek(char c) { return at < text.length() && text.charAt(at) == c; }

    private boolean skip(char c) {
        boolean there = peek(c);
        if (there) at++;
        return there;
    }
}
