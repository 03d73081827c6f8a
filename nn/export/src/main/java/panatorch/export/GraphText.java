package panatorch.export;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A graph as a program's text has it.
 *
 * @param tensors what is said about the tensors in the graph, by name
 * @param integers what is said about the integers in the graph, by name
 */
record GraphText(List<Argument> inputs, List<Argument> outputs, List<Node> nodes, Map<String, TensorMeta> tensors,
        Map<String, SymbolicExpression> integers) {

    /**
     * A call.
     *
     * @param target {@code torch.ops.aten.add.Tensor}, {@code _operator.mul}
     * @param inputs the arguments that are given
     * @param outputs names of the results; a result that is none or constant is a {@link Argument.Constant}
     * @param line the line of Python code that the call comes from; empty if unknown
     */
    record Node(String name, String target, List<Input> inputs, List<Argument> outputs, String line) {
        /** Returns the argument of that name, or null if it is not given. */
        @Nullable Argument input(String name) {
            for (Input i : inputs) if (i.name.equals(name)) return i.argument;
            return null;
        }
    }

    /** @param name the parameter's name in the operator's schema; empty for operators without a schema */
    record Input(String name, Argument argument, boolean keyword) {}
}
