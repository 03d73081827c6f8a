package panatorch.export;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import panatorch.internal.calls.PreparedOperator;
import panatorch.internal.calls.RawValues;
import panatorch.internal.libtorch.Tag;

/** Compiles one graph of a program: looks up its operators, gives its values slots, and decides where each value ends. */
final class GraphCompiler {
    /** The prefix of the names of operators in a program. */
    static final String OPERATORS = "torch.ops.", HIGHER_ORDER = "torch.ops.higher_order.";

    private final ArgumentCompiler.Context context;
    private final Map<String, PreparedOperator> operators;
    private final GraphText text;
    private final Values values = new Values();
    private final ArgumentCompiler arguments;
    private final List<Step> steps = new ArrayList<>();

    GraphCompiler(ArgumentCompiler.Context context, Map<String, PreparedOperator> operators, GraphText text) {
        this.context = context;
        this.operators = operators;
        this.text = text;
        arguments = new ArgumentCompiler(context, values);
    }

    /** @throws IllegalArgumentException if the graph is not well-formed; the message names the node */
    static Graph subgraph(ArgumentCompiler.Context context, Map<String, PreparedOperator> operators, GraphText text) {
        var compiler = new GraphCompiler(context, operators, text);
        var inputs = new ArrayList<Integer>();
        for (Argument a : text.inputs()) {
            if (!(a instanceof Argument.Name n)) throw new IllegalArgumentException("an input of a subgraph has no name");
            inputs.add(compiler.values.define(n.name(), n.kind()));
        }
        return compiler.compile(inputs.stream().mapToInt(Integer::intValue).toArray());
    }

    Values values() { return values; }

    /**
     * Compiles the graph's nodes and outputs; its inputs are defined already.
     *
     * @param inputs slots of the inputs
     */
    Graph compile(int[] inputs) {
        for (GraphText.Node node : text.nodes()) {
            try {
                compile(node);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("node '" + node.name() + "' (" + node.target() + "): " + e.getMessage(), e);
            }
        }
        var outputs = new Operand[text.outputs().size()];
        var results = new int[outputs.length];
        for (int i = 0; i < outputs.length; i++) outputs[i] = operand(text.outputs().get(i));
        for (int i = 0; i < outputs.length; i++) results[i] = values.scratch();
        BitSet read = values.finish();
        for (Step s : steps) if (s instanceof OperatorStep o) o.forget(read);
        return new Graph(values.slots(), inputs, steps.toArray(Step[]::new), outputs, results);
    }

    /** Returns a value as an operand: a name or a constant number. */
    Operand operand(Argument a) {
        return switch (a) {
            case Argument.Name n -> values.use(n.name());
            case Argument.Constant c when c.value() instanceof String -> new Operand.Constant(Tag.NONE, 0);
            case Argument.Constant c -> context.own(RawValues.access().value(typeOf(c), c.value()));
            default -> throw new IllegalArgumentException("a list, dict or graph stands where a value is needed");
        };
    }

    private static String typeOf(Argument.Constant c) {
        return switch (c.value()) {
            case null -> "NoneType?";
            case Boolean _ -> "bool";
            case Long _ -> "int";
            case Double _ -> "float";
            default -> throw new IllegalArgumentException("a " + c.value().getClass().getSimpleName() + " is no value of a graph");
        };
    }

    /** Returns where in the program a node is, for messages. */
    static String place(GraphText.Node node) {
        return " (node '" + node.name() + "'" + (node.line().isEmpty() ? "" : ", " + node.line()) + ")";
    }

    private void compile(GraphText.Node node) {
        String target = node.target();
        if (target.startsWith(HIGHER_ORDER)) {
            steps.add(new HigherOrder(context, operators, this).compile(node, target.substring(HIGHER_ORDER.length())));
            return;
        }
        SymbolicFunction symbolic = SymbolicFunction.of(target);
        if (symbolic != null) steps.add(symbolic(node, symbolic));
        else operator(node, qualified(target));
    }

    /** Returns libtorch's name of an operator: {@code aten::add.Tensor} for {@code torch.ops.aten.add.Tensor}. */
    static String qualified(String target) {
        String[] parts = target.substring(OPERATORS.length()).split("\\.", 3);
        if (parts.length < 3) throw new IllegalArgumentException("this is not the name of an operator");
        return parts[0] + "::" + parts[1] + (parts[2].equals("default") ? "" : "." + parts[2]);
    }

    private void operator(GraphText.Node node, String name) {
        switch (name) {
            case "aten::_assert_tensor_metadata" -> { // types and devices may have been changed since the program was exported
                return;
            }
            case "aten::_assert_scalar" -> {
                steps.add(check(node));
                return;
            }
            case "aten::sym_size.int", "aten::sym_stride.int", "aten::sym_numel", "aten::sym_storage_offset" -> {
                if (size(node, name)) return;
            }
            default -> {}
        }
        PreparedOperator operator = operators.get(name);
        if (operator == null) throw new IllegalArgumentException("it was not looked up");
        var parameters = operator.parameters();
        var writers = new ArgumentWriter[parameters.size()];
        int given = 0;
        for (int i = 0; i < writers.length; i++) {
            if (node.input(parameters.get(i).name()) != null) given++;
            writers[i] = arguments.compile(node, name, parameters.get(i));
        }
        if (given != node.inputs().size())
            throw new IllegalArgumentException("of its " + node.inputs().size() + " arguments, the operator has " + given);
        steps.add(new OperatorStep(place(node), operator, writers, results(node, operator)));
    }

    private OperatorStep.Result[] results(GraphText.Node node, PreparedOperator operator) {
        List<String> types = operator.results();
        if (node.outputs().size() > types.size())
            throw new IllegalArgumentException("it has " + node.outputs().size() + " results, but the operator returns " + types.size());
        var results = new OperatorStep.Result[node.outputs().size()];
        for (int i = 0; i < results.length; i++) {
            Argument out = node.outputs().get(i);
            boolean list = out instanceof Argument.Items;
            if (list != types.get(i).startsWith("Tensor") && types.get(i).contains("[]") || list && !types.get(i).contains("[]"))
                throw new IllegalArgumentException("its result " + i + " is a " + types.get(i));
            results[i] = new OperatorStep.Result(list, list ? ((Argument.Items) out).items().stream().mapToInt(this::define).toArray()
                    : new int[] {define(out)});
        }
        return results;
    }

    /** Returns the slot of a result; −1 for one that is none. */
    int define(Argument out) {
        return switch (out) {
            case Argument.Name n -> values.define(n.name(), n.kind());
            case Argument.Constant _ -> -1;
            default -> throw new IllegalArgumentException("a result is neither a value nor none");
        };
    }

    /** Compiles a read of a size; returns false where the operator itself has to do it. */
    private boolean size(GraphText.Node node, String name) {
        if (!(node.input("self") instanceof Argument.Name self) || values.slot(self.name()) == null || node.outputs().size() != 1)
            return false;
        Argument dim = node.input("dim");
        if (dim != null && !(dim instanceof Argument.Constant c && c.value() instanceof Long)) return false;
        SizeStep.Of what = switch (name) {
            case "aten::sym_size.int" -> SizeStep.Of.SIZE;
            case "aten::sym_stride.int" -> SizeStep.Of.STRIDE;
            case "aten::sym_numel" -> SizeStep.Of.NUMEL;
            default -> SizeStep.Of.OFFSET;
        };
        if (dim == null && (what == SizeStep.Of.SIZE || what == SizeStep.Of.STRIDE)) return false;
        var tensor = (Operand.Slot) values.use(self.name());
        long d = dim instanceof Argument.Constant c && c.value() instanceof Long l ? l : 0;
        steps.add(new SizeStep(place(node), what, tensor, d, define(node.outputs().getFirst())));
        return true;
    }

    private Step check(GraphText.Node node) {
        Argument condition = node.input("self"), message = node.input("assert_msg");
        if (condition == null) throw new IllegalArgumentException("the argument 'self' is missing");
        return new AssertStep(place(node), operand(condition), values.scratch(),
                message instanceof Argument.Constant c ? String.valueOf(c.value()) : "");
    }

    private Step symbolic(GraphText.Node node, SymbolicFunction function) {
        int n = node.inputs().size(), needed = function.arity(node.target());
        if (n != needed) throw new IllegalArgumentException("it has " + n + " arguments, not " + needed);
        var constants = new Object[n];
        var slots = new int[n];
        for (int i = 0; i < n; i++) {
            slots[i] = -1;
            constants[i] = 0L;
            switch (node.inputs().get(i).argument()) {
                case Argument.Name name -> slots[i] = values.number(name.name());
                case Argument.Constant(Object v) when v instanceof Long || v instanceof Double || v instanceof Boolean -> constants[i] = v;
                default -> throw new IllegalArgumentException("argument " + i + " is no number");
            }
        }
        if (node.outputs().size() != 1 || !(node.outputs().getFirst() instanceof Argument.Name out))
            throw new IllegalArgumentException("it has " + node.outputs().size() + " results, not 1");
        return new SymbolicStep(place(node), function, constants, slots, values.define(out.name(), out.kind()));
    }
}
