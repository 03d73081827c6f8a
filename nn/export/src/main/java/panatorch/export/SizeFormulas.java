package panatorch.export;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds how the numbers of a graph depend on the sizes of its inputs, by comparing recordings with inputs of different sizes. A number has
 * to be a sum of products of sizes, each at most once: {@code 3}, {@code s0}, {@code 4*s0 + 1}, {@code 12*s0*s1}.
 */
final class SizeFormulas {
    private final List<String> symbols;
    private final List<Map<String, Long>> sizes;

    /**
     * @param symbols names of the sizes that differ
     * @param sizes the sizes of each recording: first one for each set of symbols that has its second value there, in the order of binary
     * numbers, the first symbol being the lowest digit; then others, by which the formulas are checked
     */
    SizeFormulas(List<String> symbols, List<Map<String, Long>> sizes) {
        this.symbols = symbols;
        this.sizes = sizes;
    }

    /** Returns the formula of a number that has the given values; null if it is none of those that are found. */
    @Nullable SymbolicExpression of(long[] values) {
        int corners = 1 << symbols.size();
        // the coefficients of (x - a) / (b - a) for each symbol, by differences along one symbol after the other
        double[] c = new double[corners];
        for (int i = 0; i < corners; i++) c[i] = values[i];
        for (int s = 0; s < symbols.size(); s++) {
            double first = size(0, s), step = size(1 << s, s) - first;
            for (int i = 0; i < corners; i++) {
                if ((i >> s & 1) == 0) continue;
                int low = i & ~(1 << s);
                double slope = (c[i] - c[low]) / step;
                c[low] -= slope * first;
                c[i] = slope;
            }
        }
        SymbolicExpression formula = formula(c);
        if (formula == null) return null;
        for (int i = 0; i < values.length; i++) {
            Long v = formula.value(sizes.get(i));
            if (v == null || v != values[i]) return null;
        }
        return formula;
    }

    private double size(int recording, int symbol) {
        Long size = sizes.get(recording).get(symbols.get(symbol));
        if (size == null) throw new IllegalStateException("the size of " + symbols.get(symbol) + " is unknown");
        return size;
    }

    private @Nullable SymbolicExpression formula(double[] coefficients) {
        var terms = new ArrayList<SymbolicExpression>();
        for (int i = coefficients.length - 1; i >= 0; i--) {
            double c = coefficients[i];
            if (c != Math.rint(c)) return null;
            if (c == 0) continue;
            var factors = new ArrayList<SymbolicExpression>();
            if (c != 1 || i == 0) factors.add(SymbolicExpression.of((long) c));
            for (int s = 0; s < symbols.size(); s++) if ((i >> s & 1) != 0) factors.add(new SymbolicExpression.Symbol(symbols.get(s)));
            terms.add(factors.size() == 1 ? factors.getFirst() : new SymbolicExpression.Call("Mul", factors));
        }
        if (terms.isEmpty()) return SymbolicExpression.of(0);
        return terms.size() == 1 ? terms.getFirst() : new SymbolicExpression.Call("Add", terms);
    }

    /** Returns the sizes of the recordings that are needed, given two sizes of each symbol and a third one for the check. */
    static List<Map<String, Long>> recordings(List<String> symbols, List<long[]> sizes) {
        var all = new ArrayList<Map<String, Long>>();
        for (int i = 0; i < 1 << symbols.size(); i++) {
            var one = new LinkedHashMap<String, Long>();
            for (int s = 0; s < symbols.size(); s++) one.put(symbols.get(s), sizes.get(s)[i >> s & 1]);
            all.add(one);
        }
        if (symbols.isEmpty()) return all;
        var check = new LinkedHashMap<String, Long>();
        for (int s = 0; s < symbols.size(); s++) check.put(symbols.get(s), sizes.get(s)[2]);
        all.add(check);
        return all;
    }
}
