package panatorch.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;

/** The outside of a program: its signature, and the ways in which a caller gives inputs and gets outputs. */
final class ProgramInterface {
    private final Signature signature;
    private final List<ProgramText.InputSpec> inputs;
    private final Map<String, Integer> byName = new HashMap<>();
    private final Map<String, Signature.Range> symbols;
    private final Tree positionals, outTree;
    private final List<String> argumentNames, outputNames = new ArrayList<>();
    private final InputCheck check;

    /** @throws IllegalArgumentException if the structure of the inputs or outputs does not fit the graph */
    ProgramInterface(ProgramText text) {
        symbols = text.symbols();
        outTree = text.outTree();
        inputs = text.inputs().stream().filter(i -> i.kind() == ProgramText.InputKind.USER || i.kind() == ProgramText.InputKind.CONSTANT)
                .toList();
        if (text.inTree().leaves() != inputs.size())
            throw new IllegalArgumentException("it has " + inputs.size() + " inputs for the structure's " + text.inTree().leaves());
        for (int i = 0; i < inputs.size(); i++)
            if (byName.put(inputs.get(i).name(), i) != null && !inputs.get(i).name().isEmpty())
                throw new IllegalArgumentException("two inputs have the name '" + inputs.get(i).name() + "'");
        // The structure is a tuple of the positional arguments and a dict of the others; both are found by their names.
        var names = new ArrayList<String>();
        var trees = new ArrayList<Tree>();
        arguments(text, names, trees);
        argumentNames = names;
        positionals = new Tree.Sequence("arguments", trees);
        outTree.names("", outputNames);
        List<ProgramText.OutputSpec> users = text.outputs().stream().filter(o -> isReturned(o.kind())).toList();
        if (outputNames.size() != users.size())
            throw new IllegalArgumentException("it has " + users.size() + " outputs for the structure's " + outputNames.size());
        signature = signature(text.graph(), users);
        check = check(text);
    }

    /** Returns whether callers get outputs of a kind. The others are new values of the program's own tensors or of inputs. */
    static boolean isReturned(ProgramText.OutputKind kind) {
        return switch (kind) {
            case BUFFER, PARAMETER, USER_INPUT, TOKEN -> false;
            default -> true;
        };
    }

    /** Lists the arguments of Python's {@code forward} as they were given: their names, if known, and structures. */
    private static void arguments(ProgramText text, List<String> names, List<Tree> trees) {
        List<Tree> parts = text.inTree().children();
        if (parts.size() != 2) throw new IllegalArgumentException("the structure of the inputs is not a pair of arguments and named ones");
        trees.addAll(parts.getFirst().children());
        for (int i = 0; i < trees.size(); i++) names.add(i < text.argumentNames().size() ? text.argumentNames().get(i) : "");
        if (!(parts.get(1) instanceof Tree.Mapping keywords)) return;
        names.addAll(keywords.keys());
        trees.addAll(keywords.children());
    }

    // ---- the signature

    Signature signature() { return signature; }

    private Signature signature(GraphText graph, List<ProgramText.OutputSpec> users) {
        var ins = new ArrayList<Signature.Value>();
        for (ProgramText.InputSpec i : inputs)
            ins.add(i.kind() == ProgramText.InputKind.CONSTANT ? new Signature.ConstantValue(i.name(), i.constant())
                    : value(i.name(), i.name(), i.number(), graph));
        var outs = new ArrayList<Signature.Value>();
        for (int i = 0; i < users.size(); i++) {
            String name = outputNames.get(i);
            outs.add(switch (users.get(i).value()) {
                case Argument.Name n -> value(name, n.name(), n.kind() != Argument.Kind.TENSOR, graph);
                case Argument.Constant c -> new Signature.ConstantValue(name, c.value());
                case Argument.PythonOnly _ -> new Signature.UnknownValue(name);
                default -> throw new IllegalArgumentException("the output '" + name + "' is neither a tensor nor a number");
            });
        }
        return new Signature(List.copyOf(ins), List.copyOf(outs), new LinkedHashMap<>(symbols));
    }

    private Signature.Value value(String name, String inGraph, boolean number, GraphText graph) {
        if (number) {
            SymbolicExpression e = graph.integers().get(inGraph);
            return new Signature.NumberValue(name, e == null ? new Signature.Derived(inGraph) : dim(e));
        }
        TensorMeta meta = graph.tensors().get(inGraph);
        if (meta == null) throw new IllegalArgumentException("nothing is said about the tensor '" + inGraph + "'");
        return new Signature.TensorValue(name, meta.dtype(), meta.sizes().stream().map(this::dim).toList());
    }

    private Signature.Dim dim(SymbolicExpression e) {
        Long size = e.constant();
        if (size != null) return new Signature.Fixed(size);
        if (!(e instanceof SymbolicExpression.Symbol s)) return new Signature.Derived(e.text());
        return new Signature.Symbol(s.name(), symbols.getOrDefault(s.name(), new Signature.Range(0, Long.MAX_VALUE)));
    }

    private InputCheck check(ProgramText text) {
        var expected = new ArrayList<InputCheck.Expected>();
        for (ProgramText.InputSpec i : inputs) {
            boolean tensor = i.kind() == ProgramText.InputKind.USER && !i.number();
            expected.add(new InputCheck.Expected(i.name(), i.kind(), tensor ? text.graph().tensors().get(i.name()) : null,
                    i.number() ? text.graph().integers().get(i.name()) : null, i.constant()));
        }
        var paths = new ArrayList<String>();
        for (int i = 0; i < argumentNames.size(); i++) paths(positionals.children().get(i), "L['" + argumentNames.get(i) + "']", paths);
        var guards = new ArrayList<Guard>();
        for (String g : text.guards()) {
            Guard guard = Guard.of(g, paths);
            if (guard != null) guards.add(guard);
        }
        return new InputCheck(expected, symbols, guards);
    }

    private static void paths(Tree tree, String prefix, List<String> into) {
        switch (tree) {
            case Tree.Leaf _ -> into.add(prefix);
            case Tree.Sequence s -> {
                for (int i = 0; i < s.children().size(); i++) paths(s.children().get(i), prefix + "[" + i + "]", into);
            }
            case Tree.Mapping m -> {
                for (int i = 0; i < m.keys().size(); i++) paths(m.children().get(i), prefix + "['" + m.keys().get(i) + "']", into);
            }
        }
    }

    // ---- a run

    /** Checks inputs before a run; see {@link InputCheck#check}. */
    void check(@Nullable Object[] values, @Nullable DType floats) {
        check.check(values, floats);
    }

    /**
     * Returns the place among the inputs of the one with a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    int inputOf(String name) {
        Integer i = byName.get(name);
        if (i == null) throw new IllegalArgumentException("there is no input '" + name + "'");
        return i;
    }

    /** Returns all inputs, given those that are not constant. */
    @Nullable Object[] flat(@Nullable Tensor[] tensors) {
        return filled(Arrays.<@Nullable Object>asList((@Nullable Object[]) tensors));
    }

    private @Nullable Object[] filled(List<@Nullable Object> given) {
        var flat = new @Nullable Object[inputs.size()];
        int next = 0;
        for (int i = 0; i < flat.length; i++) {
            ProgramText.InputSpec spec = inputs.get(i);
            if (spec.kind() == ProgramText.InputKind.CONSTANT) flat[i] = spec.constant();
            else if (next < given.size()) flat[i] = given.get(next++);
            else next++;
        }
        if (next != given.size())
            throw new IllegalArgumentException("the program takes " + next + " inputs, not " + given.size() + ": " + needed());
        return flat;
    }

    private List<String> needed() {
        return inputs.stream().filter(i -> i.kind() != ProgramText.InputKind.CONSTANT).map(ProgramText.InputSpec::name).toList();
    }

    /** Returns all inputs in the signature's order. */
    @Nullable Object[] flat(Inputs given) {
        List<@Nullable Object> some = given.positional();
        if (given.named().isEmpty()) {
            boolean nested = some.stream().anyMatch(v -> v instanceof List || v instanceof Map);
            if (nested || some.size() == positionals.children().size() && some.size() != needed().size()) return byArgument(given);
            return some.size() == inputs.size() ? some.toArray() : filled(some);
        }
        return byArgument(given);
    }

    /** Fills in what is given by position and by name: arguments of Python's, which may be nested, or inputs of the signature. */
    private @Nullable Object[] byArgument(Inputs given) {
        var flat = new @Nullable Object[inputs.size()];
        Set<Integer> known = new HashSet<>();
        for (int i = 0; i < flat.length; i++) if (inputs.get(i).kind() == ProgramText.InputKind.CONSTANT) {
            flat[i] = inputs.get(i).constant();
            known.add(i);
        }
        List<Tree> arguments = positionals.children();
        if (given.positional().size() > arguments.size())
            throw new IllegalArgumentException(
                    "the program takes " + arguments.size() + " arguments, not " + given.positional().size() + ": " + argumentNames);
        Set<String> unused = new HashSet<>(given.named().keySet());
        for (int a = 0, at = 0; a < arguments.size(); at += (int) arguments.get(a).leaves(), a++) {
            String name = argumentNames.get(a);
            boolean positional = a < given.positional().size();
            if (!positional && !given.named().containsKey(name)) continue;
            if (!positional) unused.remove(name);
            var leaves = new ArrayList<@Nullable Object>();
            arguments.get(a).flatten(name.isEmpty() ? "argument " + a : "input '" + name + "'",
                    positional ? given.positional().get(a) : given.named().get(name), leaves);
            for (int i = 0; i < leaves.size(); i++) {
                flat[at + i] = leaves.get(i);
                known.add(at + i);
            }
        }
        for (String name : List.copyOf(unused)) {
            Integer i = byName.get(name);
            if (i == null)
                throw new IllegalArgumentException(
                        "the program has no input '" + name + "', but " + byName.keySet().stream().sorted().toList());
            flat[i] = given.named().get(name);
            known.add(i);
        }
        for (int i = 0; i < flat.length; i++)
            if (!known.contains(i))
                throw new IllegalArgumentException("the input '" + inputs.get(i).name() + "' is missing; the program needs " + needed());
        return flat;
    }

    /** Returns outputs with the structure that Python returns. */
    Outputs outputs(List<@Nullable Object> leaves) {
        return new Outputs(outputNames, leaves, outTree);
    }
}
