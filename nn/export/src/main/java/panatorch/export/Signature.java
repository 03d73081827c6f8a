package panatorch.export;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.DType;

/**
 * The inputs and outputs of a program.
 *
 * @param inputs in the order of Python's arguments; those of nested lists and dicts one after the other
 * @param outputs in the order of Python's result, likewise
 * @param symbols ranges of the symbols that dimensions are made of, by name
 */
public record Signature(List<Value> inputs, List<Value> outputs, Map<String, Range> symbols) {
    /**
     * The least and the greatest size that a symbol may have; the greatest is {@code Long.MAX_VALUE} if there is no limit.
     */
    public record Range(long min, long max) {
        @Override public String toString() { return max == Long.MAX_VALUE ? min + " or more" : min == max ? "" + min : min + " to " + max; }
    }

    /** An input or output. */
    public sealed interface Value {
        /** Returns the name by which {@link Inputs} and {@link Outputs} know it. */
        String name();
    }

    /** A tensor. */
    public record TensorValue(String name, DType dtype, List<Dim> dims) implements Value {}

    /**
     * A number that may differ from call to call.
     *
     * @param value the number, or the symbol that it gives a value
     */
    public record NumberValue(String name, Dim value) implements Value {}

    /**
     * A value that was fixed when the program was exported. As an input it may be left out.
     *
     * @param value null, a {@code Long}, {@code Double}, {@code Boolean} or {@code String}
     */
    public record ConstantValue(String name, @Nullable Object value) implements Value {}

    /** An output of compiled code whose archive tells no more than its name. */
    public record UnknownValue(String name) implements Value {}

    /** The size of a dimension. */
    public sealed interface Dim {}

    /** A size that is always the same. */
    public record Fixed(long size) implements Dim {
        @Override public String toString() { return Long.toString(size); }
    }

    /** A size that may differ from call to call. All dimensions with the same symbol have the same size. */
    public record Symbol(String name, Range range) implements Dim {
        @Override public String toString() { return name; }
    }

    /**
     * A size that follows from symbols.
     *
     * @param expression in Python's notation: {@code 2*s53 + 1}
     */
    public record Derived(String expression) implements Dim {
        @Override public String toString() { return expression; }
    }
}
