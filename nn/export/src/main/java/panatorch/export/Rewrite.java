package panatorch.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.internal.calls.PreparedOperator;
import panatorch.internal.calls.RawValues;

/** A program's graph while passes change it: its nodes in order, and the values that are known. */
final class Rewrite {
    private static final String FOLDER = "optimized.";
    final List<GraphText.Node> nodes;
    private final ProgramText text;
    /** The tensors of the values that do not change from run to run, by the values' names. */
    private final Map<String, Tensor> known = new LinkedHashMap<>();
    private final Map<String, Tensor> added = new LinkedHashMap<>();
    private final Set<String> changed = new HashSet<>();
    /** What passes say about the tensors that they have made. */
    private final Map<String, TensorMeta> made = new HashMap<>();
    private final List<String> report = new ArrayList<>();

    /** @param state the tensors of the graph's inputs, by the values' names */
    Rewrite(ProgramText text, Map<String, Tensor> state) {
        this.text = text;
        nodes = new ArrayList<>(text.graph().nodes());
        findChanged();
        state.forEach((name, t) -> { if (!changed.contains(name)) known.put(name, t); });
    }

    /** Finds the values that calls write to, and those whose memory they may share. */
    private void findChanged() {
        for (ProgramText.OutputSpec o : text.outputs())
            for (ProgramText.InputSpec i : text.inputs()) if (!o.target().isEmpty() && i.target().equals(o.target())) changed.add(i.name());
        for (GraphText.Node node : nodes.reversed()) {
            boolean region = node.target().startsWith(GraphCompiler.HIGHER_ORDER);
            boolean writes = region || isOperator(node) && operator(node).changesArguments();
            boolean views = isOperator(node) && (operator(node).sharesArguments() || RemoveNoOps.IDENTITIES.contains(node.target()));
            boolean shares = views && node.outputs().stream().anyMatch(o -> o instanceof Argument.Name n && changed.contains(n.name()));
            if (writes || shares) for (GraphText.Input i : node.inputs()) names(i.argument(), changed);
        }
    }

    static boolean isOperator(GraphText.Node node) {
        return node.target().startsWith(GraphCompiler.OPERATORS) && !node.target().startsWith(GraphCompiler.HIGHER_ORDER);
    }

    static PreparedOperator operator(GraphText.Node node) { return RawValues.access().operator(GraphCompiler.qualified(node.target())); }

    static void names(Argument a, Set<String> into) {
        switch (a) {
            case Argument.Name n -> into.add(n.name());
            case Argument.Items items -> items.items().forEach(i -> names(i, into));
            case Argument.Fields fields -> fields.fields().values().forEach(f -> names(f, into));
            default -> {}
        }
    }

    /** Returns whether a call writes to this value, or to one that may share its memory. */
    boolean isChanged(String name) {
        return changed.contains(name);
    }

    // ---- what is there

    /** Returns the tensor of an argument if it is always the same; otherwise null. */
    @Nullable Tensor known(@Nullable Argument a) {
        return a instanceof Argument.Name n ? known.get(n.name()) : null;
    }

    /** Returns the only call that uses a value; null if there are none or several, or it is an output. */
    GraphText.@Nullable Node onlyUser(String name) {
        GraphText.Node only = null;
        for (Argument out : text.graph().outputs()) if (out instanceof Argument.Name n && n.name().equals(name)) return null;
        for (GraphText.Node node : nodes) {
            int uses = 0;
            for (GraphText.Input i : node.inputs()) uses += count(i.argument(), name);
            if (uses > 1 || uses == 1 && only != null) return null;
            if (uses == 1) only = node;
        }
        return only;
    }

    private static int count(Argument a, String name) {
        return switch (a) {
            case Argument.Name n -> n.name().equals(name) ? 1 : 0;
            case Argument.Items items -> items.items().stream().mapToInt(i -> count(i, name)).sum();
            default -> 0;
        };
    }

    boolean isOutput(String name) {
        return text.graph().outputs().stream().anyMatch(o -> o instanceof Argument.Name n && n.name().equals(name));
    }

    /** Returns the name of a call's only result; null if it has another number of results. */
    static @Nullable String result(GraphText.Node node) {
        return node.outputs().size() == 1 && node.outputs().getFirst() instanceof Argument.Name n ? n.name() : null;
    }

    /** Returns the call that makes a value. */
    GraphText.Node find(String result) {
        return nodes.stream().filter(n -> result.equals(result(n))).findFirst().orElseThrow();
    }

    /** Returns the call that makes a value; null if none does, or it has other results too. */
    GraphText.@Nullable Node maker(@Nullable Argument a) {
        return a instanceof Argument.Name n ? nodes.stream().filter(m -> n.name().equals(result(m))).findFirst().orElse(null) : null;
    }

    /** Returns what the program says about a tensor; null if it is none, or a pass has made it. */
    @Nullable TensorMeta meta(@Nullable Argument a) {
        return a instanceof Argument.Name n ? meta(n.name()) : null;
    }

    @Nullable TensorMeta meta(String name) {
        TensorMeta meta = made.get(name);
        return meta == null ? text.graph().tensors().get(name) : meta;
    }

    /** Tells what a tensor that a pass has made is like. */
    void describe(String name, TensorMeta meta) { made.put(name, meta); }

    /** Returns all calls that use a value. */
    List<GraphText.Node> users(String name) {
        return nodes.stream().filter(n -> n.inputs().stream().anyMatch(i -> count(i.argument(), name) > 0)).toList();
    }

    /** Returns whether neither a call nor an output uses the result of a call. */
    boolean isUnused(GraphText.Node node) {
        String result = result(node);
        return result != null && !isOutput(result) && users(result).isEmpty();
    }

    /** Returns the names of the only results of all calls that have one. */
    List<String> results() {
        return nodes.stream().map(Rewrite::result).filter(Objects::nonNull).toList();
    }

    /** Returns whether two values are tensors of the same type and shape, whatever the sizes of a run are. */
    boolean haveSameShape(String a, String b) {
        TensorMeta x = meta(a), y = meta(b);
        return x != null && y != null && x.dtype() == y.dtype() && x.sizes().equals(y.sizes());
    }

    /** Returns the integers of an argument; the default of its parameter if it is not given; null if they are not constant. */
    static long @Nullable [] integers(GraphText.Node node, String name, long... standard) {
        return switch (node.input(name)) {
            case null -> standard;
            case Argument.Constant(Object v) when v instanceof Long l -> {
                long[] all = new long[standard.length];
                Arrays.fill(all, l);
                yield all;
            }
            case Argument.Items items -> {
                long[] all = items.items().stream()
                        .mapToLong(i -> i instanceof Argument.Constant(Object v) && v instanceof Long l ? l : Long.MIN_VALUE).toArray();
                if (Arrays.stream(all).anyMatch(v -> v == Long.MIN_VALUE)) yield null;
                if (all.length != 1 || standard.length == 1) yield all;
                long[] repeated = new long[standard.length];
                Arrays.fill(repeated, all[0]);
                yield repeated;
            }
            default -> null;
        };
    }

    /** Returns the shape of a tensor that has the same one in every run; otherwise null. */
    long @Nullable [] fixedShape(String name) {
        TensorMeta meta = meta(name);
        if (meta == null) return null;
        List<Long> sizes = meta.sizes().stream().map(SymbolicExpression::constant).filter(Objects::nonNull).toList();
        return sizes.size() == meta.sizes().size() ? sizes.stream().mapToLong(Long::longValue).toArray() : null;
    }

    /**
     * Returns the other term of a sum that is the only use of a layer's result: a tensor of the same size that is not a weight. Null if
     * there is none, or if the layer cannot be computed as late as the sum.
     */
    @Nullable Argument otherTerm(GraphText.Node layer, GraphText.@Nullable Node user) {
        if (user == null || user.inputs().size() != 2) return null;
        String result = result(layer);
        boolean inPlace = user.target().equals("torch.ops.aten.add_.Tensor");
        if (!inPlace && !user.target().equals("torch.ops.aten.add.Tensor")) return null;
        if (!(user.input("self") instanceof Argument.Name self) || !(user.input("other") instanceof Argument.Name other)) return null;
        if (other.name().equals(result)) {
            if (inPlace) return null;
            other = self;
        }
        boolean fits = result != null && !other.name().equals(result) && haveSameShape(other.name(), result);
        return fits && other.kind() == Argument.Kind.TENSOR && known(other) == null && !isWritten(layer, user) ? other : null;
    }

    /** Returns whether a call between two others writes to its arguments. */
    private boolean isWritten(GraphText.Node from, GraphText.Node to) {
        return nodes.subList(nodes.indexOf(from) + 1, nodes.indexOf(to)).stream()
                .anyMatch(n -> !isOperator(n) || operator(n).changesArguments());
    }

    /** Returns whether a value is a tensor that the user gives, of that many dimensions. */
    boolean isInput(String name, int dimensions) {
        TensorMeta meta = text.graph().tensors().get(name);
        return meta != null && meta.sizes().size() == dimensions
                && text.inputs().stream().anyMatch(i -> i.kind() == ProgramText.InputKind.USER && i.name().equals(name));
    }

    // ---- changes

    /** Adds a tensor that is always the same and returns its value. The tensor escapes from its scope. */
    Argument.Name add(Tensor t) {
        String name = "optimized_" + added.size();
        added.put(name, t.escape());
        known.put(name, t);
        return new Argument.Name(name, Argument.Kind.TENSOR);
    }

    /** Makes a call of an operator with its first arguments, whose result takes the place of a value. */
    static GraphText.Node call(String operator, String result, String line, List<Argument> arguments) {
        var parameters = RawValues.access().operator(operator).parameters();
        var inputs = new ArrayList<GraphText.Input>();
        for (int i = 0; i < arguments.size(); i++) inputs.add(new GraphText.Input(parameters.get(i).name(), arguments.get(i), false));
        int dot = operator.indexOf('.');
        String target = GraphCompiler.OPERATORS + (dot < 0 ? operator + ".default" : operator).replace("::", ".");
        return new GraphText.Node(result, target, inputs, List.of(new Argument.Name(result, Argument.Kind.TENSOR)), line);
    }

    void replace(GraphText.Node node, GraphText.Node by) { nodes.set(nodes.indexOf(node), by); }

    void remove(GraphText.Node node) { nodes.remove(node); }

    /** Has everybody use another value in the place of one that no call makes any more; it is not an output. */
    void redirect(String from, Argument.Name to) {
        nodes.replaceAll(n -> new GraphText.Node(n.name(), n.target(),
                n.inputs().stream().map(i -> new GraphText.Input(i.name(), redirected(i.argument(), from, to), i.keyword())).toList(),
                n.outputs(), n.line()));
    }

    private static Argument redirected(Argument a, String from, Argument.Name to) {
        return switch (a) {
            case Argument.Name n when n.name().equals(from) -> to;
            case Argument.Items items -> new Argument.Items(items.items().stream().map(i -> redirected(i, from, to)).toList());
            default -> a;
        };
    }

    /** Notes what a pass has done, if anything. */
    void report(int count, String what) { if (count > 0) report.add(count + " " + what); }

    List<String> report() {
        return report;
    }

    // ---- the result

    /** Returns the program with the nodes as they are now, and with the tensors that it still uses. */
    ProgramText program() {
        Set<String> used = new HashSet<>();
        nodes.forEach(n -> n.inputs().forEach(i -> names(i.argument(), used)));
        text.graph().outputs().forEach(o -> names(o, used));
        var inputs = new ArrayList<ProgramText.InputSpec>();
        var values = new ArrayList<Argument>();
        for (String name : added.keySet()) {
            if (!used.contains(name)) continue;
            inputs.add(new ProgramText.InputSpec(ProgramText.InputKind.CONSTANT_TENSOR, name, FOLDER + name, null, false));
            values.add(new Argument.Name(name, Argument.Kind.TENSOR));
        }
        for (int i = 0; i < text.inputs().size(); i++) {
            ProgramText.InputSpec spec = text.inputs().get(i);
            if (!spec.target().isEmpty() && !used.contains(spec.name()) && !changed.contains(spec.name())) continue;
            inputs.add(spec);
            values.add(text.graph().inputs().get(i));
        }
        GraphText g = text.graph();
        var graph = new GraphText(values, g.outputs(), List.copyOf(nodes), g.tensors(), g.integers());
        return new ProgramText(graph, inputs, text.outputs(), text.inTree(), text.outTree(), text.argumentNames(), text.symbols(),
                text.guards(),
                text.torchVersion());
    }

    /** Frees the added tensors that {@link #program} does not use, as later passes have replaced them. */
    void closeUnused() {
        var used = new HashSet<String>();
        program().inputs().forEach(i -> used.add(i.name()));
        added.forEach((name, t) -> { if (!used.contains(name)) t.close(); });
    }

    /** Returns the added tensors by the names that {@link #program} has for them. */
    Map<String, Tensor> added() {
        Map<String, Tensor> all = new HashMap<>();
        added.forEach((name, t) -> all.put(FOLDER + name, t));
        return all;
    }
}
