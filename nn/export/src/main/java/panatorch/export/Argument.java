package panatorch.export;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An argument, input or output as a program's text has it. */
sealed interface Argument {
    /**
     * A value that is known.
     *
     * @param value null, a {@code Long}, {@code Double}, {@code Boolean}, {@code String}, {@code Complex}, {@code DType}, {@code Layout},
     * {@code MemoryFormat} or {@code Device}
     */
    record Constant(@Nullable Object value) implements Argument {}

    /** A kind of value of a graph. */
    enum Kind {
        TENSOR, INT, REAL, BOOL
    }

    /**
     * A value of the graph.
     *
     * @param kind its kind where it is made; where it is used, the kinds of the elements of a list may be mixed up
     */
    record Name(String name, Kind kind) implements Argument {}

    record Items(List<Argument> items) implements Argument {}

    record Fields(Map<String, Argument> fields) implements Argument {}

    record Subgraph(String name, GraphText graph) implements Argument {}

    /**
     * Something that only Python has.
     *
     * @param what noun phrase for messages
     */
    record PythonOnly(String name, String what) implements Argument {}

    Argument NONE = new Constant(null);
}
