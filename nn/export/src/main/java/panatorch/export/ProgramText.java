package panatorch.export;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program as its text has it.
 *
 * @param inputs in the order of the graph's inputs
 * @param outputs in the order of the graph's outputs
 * @param inTree structure of the inputs: a tuple of the positional arguments and a dict of the others
 * @param argumentNames names of the arguments of Python's {@code forward}; empty if unknown
 * @param symbols ranges of the symbolic dimensions, by name
 * @param guards conditions on the inputs, in Python's notation
 */
record ProgramText(GraphText graph, List<InputSpec> inputs, List<OutputSpec> outputs, Tree inTree, Tree outTree,
        List<String> argumentNames, Map<String, Signature.Range> symbols, List<String> guards, String torchVersion) {

    /** A role of an input of the graph. */
    enum InputKind {
        USER, PARAMETER, BUFFER, TEMPORARY_BUFFER, CONSTANT_TENSOR, CONSTANT, CUSTOM_OBJECT, TOKEN
    }

    /**
     * An input of the graph.
     *
     * @param name name of the value in the graph
     * @param target name of the parameter, buffer or constant; empty for others
     * @param constant value of an input that was a Python value when the program was exported
     * @param number whether a user's input is a number rather than a tensor
     */
    record InputSpec(InputKind kind, String name, String target, @Nullable Object constant, boolean number) {}

    /** A role of an output of the graph. */
    enum OutputKind {
        USER, LOSS, BUFFER, PARAMETER, USER_INPUT, GRADIENT_TO_PARAMETER, GRADIENT_TO_USER_INPUT, TOKEN
    }

    /**
     * An output of the graph.
     *
     * @param target what is written to, for mutations and gradients; empty for others
     */
    record OutputSpec(OutputKind kind, Argument value, String target) {}
}
