package panatorch.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import panatorch.Autocast;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.internal.calls.PreparedOperator;

/** Compiles calls that take graphs: branches, loops, and regions with a mode of their own. */
final class HigherOrder {
    /** The names of those that are known. Each of the last four runs a graph as it is. */
    static final Set<String> KNOWN = Set.of("cond", "while_loop", "map_impl", "scan", "wrap_with_set_grad_enabled", "wrap_with_autocast",
            "invoke_subgraph", "strict_mode", "wrap", "tag_activation_checkpoint");
    private static final Supplier<AutoCloseable> PLAIN = () -> () -> {};

    private final ArgumentCompiler.Context context;
    private final Map<String, PreparedOperator> operators;
    private final GraphCompiler outer;
    private final List<Graph> graphs = new ArrayList<>();
    private final List<List<Argument>> groups = new ArrayList<>();

    HigherOrder(ArgumentCompiler.Context context, Map<String, PreparedOperator> operators, GraphCompiler outer) {
        this.context = context;
        this.operators = operators;
        this.outer = outer;
    }

    Step compile(GraphText.Node node, String name) {
        var rest = new ArrayList<Argument>();
        for (GraphText.Input i : node.inputs()) {
            if (i.argument() instanceof Argument.Subgraph s) graphs.add(subgraph(s));
            else rest.add(i.argument());
        }
        String place = GraphCompiler.place(node);
        return switch (name) {
            case "cond" -> branch(node, place, rest);
            case "while_loop" -> loop(node, place, rest);
            case "map_impl" -> map(node, place, rest);
            case "scan" -> scan(node, place, rest);
            case "wrap_with_set_grad_enabled" -> region(node, place, gradMode(rest), rest.subList(1, rest.size()));
            case "wrap_with_autocast" -> region(node, place, autocast(rest), rest.subList(4, rest.size()));
            case "invoke_subgraph" -> region(node, place, PLAIN, withoutTexts(rest));
            case "strict_mode", "wrap", "tag_activation_checkpoint" -> region(node, place, PLAIN, rest);
            default -> throw new IllegalArgumentException("it is not known");
        };
    }

    private Graph subgraph(Argument.Subgraph s) {
        try {
            return GraphCompiler.subgraph(context, operators, s.graph());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("graph '" + s.name() + "': " + e.getMessage(), e);
        }
    }

    private Graph graph(int i) {
        if (i >= graphs.size()) throw new IllegalArgumentException("it has " + graphs.size() + " graphs");
        return graphs.get(i);
    }

    /** Returns the operands, those of lists one after the other, and notes the lengths of the lists in {@link #groups}. */
    private Operand[] operands(List<Argument> arguments) {
        for (Argument a : arguments) groups.add(a instanceof Argument.Items items ? items.items() : List.of(a));
        return groups.stream().flatMap(List::stream).map(outer::operand).toArray(Operand[]::new);
    }

    private int[] results(GraphText.Node node) {
        var slots = new ArrayList<Integer>();
        for (Argument a : node.outputs()) {
            for (Argument out : a instanceof Argument.Items items ? items.items() : List.of(a)) {
                int slot = outer.define(out);
                slots.add(slot < 0 ? outer.values().scratch() : slot);
            }
        }
        return slots.stream().mapToInt(Integer::intValue).toArray();
    }

    private static void require(Graph g, int inputs, int outputs) {
        if (g.inputs().length != inputs || g.outputs().length != outputs)
            throw new IllegalArgumentException("its graph has " + g.inputs().length + " inputs and " + g.outputs().length + " outputs, not "
                    + inputs + " and " + outputs);
    }

    private Step branch(GraphText.Node node, String place, List<Argument> rest) {
        if (rest.isEmpty()) throw new IllegalArgumentException("it has no condition");
        Operand predicate = outer.operand(rest.getFirst());
        int scratch = outer.values().scratch();
        Operand[] operands = operands(rest.subList(1, rest.size()));
        int[] results = results(node);
        for (int i = 0; i < 2; i++) require(graph(i), operands.length, results.length);
        return new BranchStep(place, predicate, scratch, graph(0), graph(1), operands, results);
    }

    private Step loop(GraphText.Node node, String place, List<Argument> rest) {
        Operand[] operands = operands(rest);
        int carried = group(0);
        int[] results = results(node);
        require(graph(0), operands.length, 1);
        require(graph(1), operands.length, carried);
        if (results.length > carried) throw new IllegalArgumentException("it has " + results.length + " results, but carries " + carried);
        return new LoopStep(place, graph(0), graph(1), operands, carried, results);
    }

    private int group(int i) { return i < groups.size() ? groups.get(i).size() : 0; }

    private Step map(GraphText.Node node, String place, List<Argument> rest) {
        Operand[] operands = operands(rest);
        int[] results = results(node);
        require(graph(0), operands.length, results.length);
        return new ScanStep(place, graph(0), operands, 0, group(0), results);
    }

    private Step scan(GraphText.Node node, String place, List<Argument> rest) {
        Operand[] operands = operands(rest);
        int[] results = results(node);
        require(graph(0), operands.length, results.length);
        if (group(0) > results.length)
            throw new IllegalArgumentException("it carries " + group(0) + " values, but has " + results.length + " results");
        return new ScanStep(place, graph(0), operands, group(0), group(1), results);
    }

    private Step region(GraphText.Node node, String place, Supplier<? extends AutoCloseable> mode, List<Argument> rest) {
        Operand[] operands = operands(rest);
        int[] results = results(node);
        require(graph(0), operands.length, results.length);
        return new RegionStep(place, mode, graph(0), operands, results);
    }

    private static List<Argument> withoutTexts(List<Argument> arguments) {
        return arguments.stream().filter(a -> !(a instanceof Argument.Constant c && c.value() instanceof String)).toList();
    }

    private static Supplier<AutoCloseable> gradMode(List<Argument> rest) {
        return flag(rest, 0) ? NoGrad::enableGrad : NoGrad::enter;
    }

    private static boolean flag(List<Argument> rest, int i) {
        if (i < rest.size() && rest.get(i) instanceof Argument.Constant c && c.value() instanceof Boolean b) return b;
        throw new IllegalArgumentException("its argument " + i + " is not true or false");
    }

    private static Supplier<AutoCloseable> autocast(List<Argument> rest) {
        if (rest.size() < 4 || !(rest.getFirst() instanceof Argument.Constant c) || !(c.value() instanceof String device)
                || !(rest.get(1) instanceof Argument.Constant t))
            throw new IllegalArgumentException("it lacks a device and a type");
        Device.Type type = Device.of(device).type();
        if (!flag(rest, 2)) return () -> Autocast.off(type);
        DType low = t.value() instanceof DType d ? d : type == Device.Type.CPU ? DType.BFLOAT16 : DType.FLOAT16;
        if (low != DType.BFLOAT16 && low != DType.FLOAT16) throw new IllegalArgumentException("its type is " + low);
        return () -> Autocast.enter(type, low);
    }
}
