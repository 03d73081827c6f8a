package panatorch.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Module;

/** Recordings of one module with inputs of several sizes, merged into one program whose numbers are formulas of the sizes. */
final class RecordedProgram {
    private final Module module;
    private final Map<String, String> state;
    private final List<String> inputs;
    private final List<Map<String, Long>> sizes;
    private final List<Recording> recordings;
    private final List<List<Argument>> outputs;
    private final SizeFormulas formulas;
    private final Map<String, Signature.Range> ranges = new LinkedHashMap<>();
    /** The nodes that compute sizes, and the names of their results by formula. */
    private final List<GraphText.Node> arithmetic = new ArrayList<>();
    private final Map<SymbolicExpression, Argument> computed = new HashMap<>();
    private final Map<String, SymbolicExpression> integers = new LinkedHashMap<>();
    private final Recording first;

    /**
     * @param state names in the graph of parameters and buffers, by their full names
     * @param inputs names of the inputs
     * @param symbols names of the sizes that differ
     * @param sizes their values in each recording
     */
    RecordedProgram(Module module, Map<String, String> state, List<String> inputs, List<String> symbols, List<Map<String, Long>> sizes,
            List<Recording> recordings, List<List<Argument>> outputs) {
        this.module = module;
        this.state = state;
        this.inputs = inputs;
        this.sizes = sizes;
        this.recordings = recordings;
        this.outputs = outputs;
        formulas = new SizeFormulas(symbols, sizes);
        first = recordings.getFirst();
    }

    /** Says where a size is found: in a dimension of an input. */
    void size(String symbol, String input, int dim, Signature.Range range) {
        ranges.put(symbol, range);
        String name = "sym_size_int" + (computed.isEmpty() ? "" : "_" + computed.size());
        var tensor = new Argument.Name(input, Argument.Kind.TENSOR);
        integer(name, new SymbolicExpression.Symbol(symbol), "torch.ops.aten.sym_size.int", List.of(
                new GraphText.Input("self", tensor, false), new GraphText.Input("dim", new Argument.Constant((long) dim), false)));
    }

    private Argument integer(String name, SymbolicExpression formula, String target, List<GraphText.Input> arguments) {
        var result = new Argument.Name(name, Argument.Kind.INT);
        arithmetic.add(new GraphText.Node(name, target, arguments, List.of(result), ""));
        integers.put(name, formula);
        computed.put(formula, result);
        return result;
    }

    ExportedProgram program() {
        for (Recording r : recordings) compare(r);
        var nodes = new ArrayList<GraphText.Node>();
        for (int i = 0; i < first.nodes().size(); i++) nodes.add(merged(i));
        nodes.addAll(0, used(nodes));
        var tensors = new LinkedHashMap<String, TensorMeta>();
        first.metas().keySet().forEach(name -> tensors.put(name, meta(name)));
        var specs = new ArrayList<ProgramText.InputSpec>();
        Map<String, Tensor> saved = module.stateDict();
        Map<String, Tensor> parameters = module.namedParameters();
        state.forEach((full, name) -> specs.add(new ProgramText.InputSpec(
                parameters.containsKey(full) ? ProgramText.InputKind.PARAMETER
                        : saved.containsKey(full) ? ProgramText.InputKind.BUFFER : ProgramText.InputKind.TEMPORARY_BUFFER,
                name, full, null, false)));
        var payloads = new LinkedHashMap<String, Tensor>(saved);
        module.namedBuffers().forEach(payloads::putIfAbsent);
        for (Recording.Constant c : first.constants()) {
            String full = c.name().substring("c_".length());
            specs.add(new ProgramText.InputSpec(ProgramText.InputKind.CONSTANT_TENSOR, c.name(), full, null, false));
            payloads.put(full, c.tensor());
        }
        for (String name : inputs) specs.add(new ProgramText.InputSpec(ProgramText.InputKind.USER, name, "", null, false));
        List<Argument> results = outputs.getFirst();
        var outs = results.stream().map(a -> new ProgramText.OutputSpec(ProgramText.OutputKind.USER, a, "")).toList();
        var graph = new GraphText(specs.stream().<Argument>map(s -> new Argument.Name(s.name(), Argument.Kind.TENSOR)).toList(), results,
                nodes, tensors, integers);
        Tree arguments = new Tree.Sequence("builtins.tuple", List.of(tuple(inputs.size()),
                new Tree.Mapping("builtins.dict", List.of(), List.of())));
        var text = new ProgramText(graph, specs, outs, arguments, results.size() == 1 ? Tree.LEAF : tuple(results.size()), inputs, ranges,
                List.of(), Torch.version());
        return ExportedProgram.of(ProgramWriter.write(text, sizes.getFirst()), payloads, parameters);
    }

    /** Returns the arithmetic that the nodes need, in order. */
    private List<GraphText.Node> used(List<GraphText.Node> nodes) {
        var needed = new HashSet<String>();
        nodes.forEach(n -> n.inputs().forEach(i -> Rewrite.names(i.argument(), needed)));
        var used = new ArrayList<GraphText.Node>();
        for (GraphText.Node n : arithmetic.reversed()) {
            if (!needed.contains(n.name())) {
                integers.remove(n.name());
                continue;
            }
            n.inputs().forEach(i -> Rewrite.names(i.argument(), needed));
            used.addFirst(n);
        }
        return used;
    }

    private static Tree tuple(int size) { return new Tree.Sequence("builtins.tuple", Collections.nCopies(size, Tree.LEAF)); }

    /** Requires that a recording has the same calls as the first. */
    private void compare(Recording r) {
        for (int i = 0; i < Math.max(r.nodes().size(), first.nodes().size()); i++) {
            GraphText.Node a = i < first.nodes().size() ? first.nodes().get(i) : null, b = i < r.nodes().size() ? r.nodes().get(i) : null;
            boolean same = a != null && b != null && a.target().equals(b.target()) && a.inputs().size() == b.inputs().size()
                    && a.outputs().size() == b.outputs().size();
            if (!same)
                throw refused("it calls other operators for inputs of other sizes", a == null ? Objects.requireNonNull(b) : a);
        }
        if (r.constants().size() != first.constants().size() || outputs.stream().anyMatch(o -> o.size() != outputs.getFirst().size()))
            throw new IllegalArgumentException("the module cannot be exported: it makes other tensors for inputs of other sizes");
        for (int i = 0; i < r.constants().size(); i++) {
            Tensor a = first.constants().get(i).tensor(), b = r.constants().get(i).tensor();
            if (!Arrays.equals(a.shape(), b.shape()) || a.dtype() != b.dtype() || !Aten.equal(a, b))
                throw new IllegalArgumentException("the module cannot be exported: it makes a tensor from Java's memory ("
                        + a.describe() + ") that is another one for inputs of other sizes; compute it by operators");
        }
    }

    private static IllegalArgumentException refused(String why, GraphText.Node node) {
        return new IllegalArgumentException("the module cannot be exported: " + why + ": " + GraphCompiler.qualified(node.target())
                + (node.line().isEmpty() ? "" : " (" + node.line() + ")"));
    }

    private GraphText.Node merged(int i) {
        GraphText.Node node = first.nodes().get(i);
        var arguments = new ArrayList<GraphText.Input>();
        for (int k = 0; k < node.inputs().size(); k++) {
            GraphText.Input input = node.inputs().get(k);
            var all = new ArrayList<Argument>();
            for (Recording r : recordings) {
                GraphText.Input other = r.nodes().get(i).inputs().get(k);
                if (!other.name().equals(input.name())) throw refused("it gives other arguments for inputs of other sizes", node);
                all.add(other.argument());
            }
            arguments.add(new GraphText.Input(input.name(), merged(all, node), input.keyword()));
        }
        return new GraphText.Node(node.name(), node.target(), arguments, node.outputs(), node.line());
    }

    private Argument merged(List<Argument> all, GraphText.Node node) {
        Argument a = all.getFirst();
        if (all.stream().allMatch(a::equals)) return a;
        if (all.stream().allMatch(x -> x instanceof Argument.Constant(Long _))) {
            long[] values = all.stream().mapToLong(x -> (Long) Objects.requireNonNull(((Argument.Constant) x).value())).toArray();
            SymbolicExpression formula = formulas.of(values);
            if (formula != null) return computed(formula);
            throw refused("the numbers " + Arrays.toString(values) + " for " + sizes
                    + " are no sum of products of the sizes", node);
        }
        boolean lists = all.stream().allMatch(x -> x instanceof Argument.Items(List<Argument> items)
                && items.size() == ((Argument.Items) a).items().size());
        if (!(a instanceof Argument.Items own) || !lists)
            throw refused("an argument is " + all + " for inputs of different sizes", node);
        var items = new ArrayList<Argument>();
        for (int i = 0; i < own.items().size(); i++) {
            int at = i;
            items.add(merged(all.stream().map(x -> ((Argument.Items) x).items().get(at)).toList(), node));
        }
        return new Argument.Items(items);
    }

    /** Returns the value in the graph that a formula has, computed by new nodes if there is none yet. */
    private Argument computed(SymbolicExpression formula) {
        Argument known = computed.get(formula);
        if (known != null) return known;
        if (formula instanceof SymbolicExpression.Number n) return new Argument.Constant((long) n.value());
        var call = (SymbolicExpression.Call) formula;
        String operation = call.function().equals("Mul") ? "mul" : "add";
        Argument left = computed(call.arguments().getFirst());
        for (int i = 1; i < call.arguments().size(); i++) {
            SymbolicExpression sofar = i == call.arguments().size() - 1 ? formula
                    : new SymbolicExpression.Call(call.function(), call.arguments().subList(0, i + 1));
            Argument right = computed(call.arguments().get(i)), there = computed.get(sofar);
            left = there != null ? there
                    : integer("size_" + operation + (arithmetic.size()), sofar, "_operator." + operation, List.of(
                            new GraphText.Input("a", left, false), new GraphText.Input("b", right, false)));
        }
        return left;
    }

    private TensorMeta meta(String name) {
        TensorMeta m = Objects.requireNonNull(first.metas().get(name));
        return new TensorMeta(m.dtype(), merged(name, TensorMeta::sizes), merged(name, TensorMeta::strides),
                merged(name, x -> List.of(x.offset())).getFirst(), m.requiresGrad(), m.device());
    }

    private List<SymbolicExpression> merged(String name, Function<TensorMeta, List<SymbolicExpression>> part) {
        var all = new ArrayList<List<SymbolicExpression>>();
        for (Recording r : recordings) {
            TensorMeta m = r.metas().get(name);
            if (m == null || part.apply(m).size() != part.apply(Objects.requireNonNull(first.metas().get(name))).size())
                throw new IllegalArgumentException("the module cannot be exported: '" + name
                        + "' has another number of dimensions for inputs of other sizes");
            all.add(part.apply(m));
        }
        var merged = new ArrayList<SymbolicExpression>();
        for (int i = 0; i < all.getFirst().size(); i++) {
            int at = i;
            long[] values = all.stream().mapToLong(l -> Objects.requireNonNull(l.get(at).constant())).toArray();
            SymbolicExpression formula = formulas.of(values);
            if (formula == null)
                throw new IllegalArgumentException("the module cannot be exported: the sizes " + Arrays.toString(values) + " of '"
                        + name + "' for " + sizes + " are no sum of products of the inputs' sizes");
            merged.add(formula);
        }
        return merged;
    }
}
