package panatorch.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;

/**
 * The check of inputs before a program runs: their kinds, types and shapes. Dimensions with the same symbol have the same size, within the
 * symbol's range; others are fixed or follow from symbols.
 */
final class InputCheck {
    /**
     * What an input has to be.
     *
     * @param meta of a tensor; null for others
     * @param number what an integer stands for, or null if it is none
     */
    record Expected(String name, ProgramText.InputKind kind, @Nullable TensorMeta meta, @Nullable SymbolicExpression number,
            @Nullable Object constant) {}

    /** The size that a symbol has in this run, and what says so. */
    private record Bound(long value, String by) {}

    /** A size that follows from symbols. */
    private record Derived(Expected input, int dim, SymbolicExpression expression, long size) {
        String what() { return InputCheck.what(input, dim); }
    }

    /** Returns a number, or a dimension of a tensor, in words; only for messages, as it costs more than a check. */
    private static String what(Expected e, int dim) {
        return "input '" + e.name + (dim < 0 ? "'" : "': dimension " + dim);
    }

    private final List<Expected> inputs;
    private final Map<String, Signature.Range> ranges;
    private final List<Guard> guards;

    InputCheck(List<Expected> inputs, Map<String, Signature.Range> ranges, List<Guard> guards) {
        this.inputs = inputs;
        this.ranges = ranges;
        this.guards = guards;
    }

    /**
     * Checks all inputs.
     *
     * @param floats the type that the program's own floating-point tensors have now; null if it has none
     * @throws IllegalArgumentException if one does not fit; the message names it
     */
    void check(@Nullable Object[] values, @Nullable DType floats) {
        var symbols = new HashMap<String, Bound>();
        var shapes = new long[values.length][];
        List<Derived> derived = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            Expected e = inputs.get(i);
            if (e.kind == ProgramText.InputKind.CONSTANT) constant(e, values[i]);
            else if (e.meta == null) number(e, values[i], symbols, derived);
            else shapes[i] = tensor(e, e.meta, values[i], floats, symbols, derived);
        }
        if (!derived.isEmpty()) follow(derived, symbols);
        for (Guard g : guards) g.check(shapes);
    }

    private static void constant(Expected e, @Nullable Object value) {
        Object v = value instanceof Integer i ? (Long) i.longValue() : value;
        if (!Objects.equals(v, e.constant))
            throw new IllegalArgumentException("input '" + e.name + "' is " + shown(value) + ", but the program was exported for "
                    + shown(e.constant) + ", which is a part of it; leave the input out, or export the model again");
    }

    private static String shown(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case String s -> "'" + s + "'";
            case Tensor t -> t.describe();
            default -> value.toString();
        };
    }

    private void number(Expected e, @Nullable Object value, Map<String, Bound> symbols, List<Derived> derived) {
        if (!(value instanceof Number n) || e.number != null && !(value instanceof Long || value instanceof Integer))
            throw new IllegalArgumentException(
                    "input '" + e.name + "' is " + (e.number == null ? "a number" : "an integer") + ", not " + shown(value));
        if (e.number != null) size(e, -1, e.number, n.longValue(), symbols, derived);
    }

    private long[] tensor(Expected e, TensorMeta meta, @Nullable Object value, @Nullable DType floats, Map<String, Bound> symbols,
            List<Derived> derived) {
        if (!(value instanceof Tensor t)) throw new IllegalArgumentException("input '" + e.name + "' is a tensor, not " + shown(value));
        DType type = t.dtype();
        if (type != meta.dtype() && !(meta.dtype().isFloatingPoint() && type == floats))
            throw new IllegalArgumentException("input '" + e.name + "' is " + type + ", but the program was exported for " + meta.dtype()
                    + "; convert it by to(DType." + meta.dtype().name() + ")");
        long[] shape = t.shape();
        if (shape.length != meta.sizes().size())
            throw new IllegalArgumentException("input '" + e.name + "' has the shape " + Arrays.toString(shape) + ", but the program needs "
                    + meta.sizes().size() + " dimensions: " + meta.sizes().stream().map(SymbolicExpression::text).toList());
        for (int d = 0; d < shape.length; d++)
            size(e, d, meta.sizes().get(d), shape[d], symbols, derived);
        return shape;
    }

    private void size(Expected e, int dim, SymbolicExpression expected, long size, Map<String, Bound> symbols,
            List<Derived> derived) {
        switch (expected) {
            case SymbolicExpression.Number n -> {
                if (size != (long) n.value())
                    throw new IllegalArgumentException(
                            what(e, dim) + " is " + size + ", but the program was exported for " + expected.text());
            }
            case SymbolicExpression.Symbol s -> {
                Bound before = symbols.putIfAbsent(s.name(), new Bound(size, e.name));
                if (before != null && before.value != size)
                    throw new IllegalArgumentException(
                            what(e, dim) + " is " + size + ", but it is " + s.name() + " = " + before.value + " by '" + before.by
                                    + "'" + range(s.name()));
                if (before == null && outside(s.name(), size))
                    throw new IllegalArgumentException(what(e, dim) + " is " + size + ", but" + range(s.name()).substring(1));
            }
            case SymbolicExpression.Call _ -> derived.add(new Derived(e, dim, expected, size));
        }
    }

    private String range(String symbol) {
        Signature.Range r = ranges.get(symbol);
        return r == null ? "" : "; " + symbol + " is " + r;
    }

    private boolean outside(String symbol, long size) {
        Signature.Range r = ranges.get(symbol);
        return r != null && (size < r.min() || size > r.max());
    }

    /** Checks the sizes that follow from symbols. A symbol that stands nowhere alone is found from the first size that has it. */
    private void follow(List<Derived> derived, Map<String, Bound> symbols) {
        for (Derived d : derived) {
            if (d.expression.symbols().size() != 1) continue;
            String name = d.expression.symbols().iterator().next();
            if (symbols.containsKey(name)) continue;
            Long value = d.expression.solve(name, d.size);
            if (value == null)
                throw new IllegalArgumentException(
                        d.what() + " is " + d.size + ", but it is " + d.expression.text() + " for a whole " + name);
            symbols.put(name, new Bound(value, d.input.name));
            if (outside(name, value))
                throw new IllegalArgumentException(
                        d.what() + " is " + d.size + ", so " + name + " is " + value + ", but" + range(name).substring(1));
        }
        Map<String, Long> sizes = new LinkedHashMap<>();
        symbols.forEach((name, b) -> sizes.put(name, b.value));
        for (Derived d : derived) {
            Long value = d.expression.value(sizes);
            if (value == null || value == d.size) continue;
            var by = new StringJoiner(", ");
            symbols.forEach(
                    (name, b) -> { if (d.expression.symbols().contains(name)) by.add(name + " = " + b.value + " by '" + b.by + "'"); });
            throw new IllegalArgumentException(
                    d.what() + " is " + d.size + ", but it is " + d.expression.text() + " = " + value + " with " + by);
        }
    }
}
