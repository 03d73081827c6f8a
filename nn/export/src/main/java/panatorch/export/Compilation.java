package panatorch.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import panatorch.Device;
import panatorch.internal.calls.PreparedOperator;
import panatorch.internal.calls.RawValues;
import panatorch.internal.libtorch.Tag;

/**
 * A program in a form that can be run, whatever the values of its state. It owns the constants in it until it is closed.
 */
final class Compilation implements ArgumentCompiler.Context, AutoCloseable {
    private final ProgramText text;
    private final Device.Type exportedOn;
    private final boolean exportedInTraining;
    private final List<RawValues.Value> owned = new ArrayList<>();
    private final List<String> state = new ArrayList<>();
    private boolean needsDevice;
    private final Graph graph;

    /**
     * Compiles a program.
     *
     * @throws IllegalArgumentException if it is not well-formed
     */
    Compilation(ProgramText text, Map<String, PreparedOperator> operators) {
        this.text = text;
        exportedOn = text.graph().tensors().values().stream().map(m -> m.device().type()).filter(d -> d != Device.Type.CPU).findFirst()
                .orElse(Device.Type.CPU);
        exportedInTraining = trains(text.graph());
        try {
            graph = compile(operators);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private static boolean trains(GraphText graph) {
        for (GraphText.Node node : graph.nodes()) {
            boolean operator = node.target().startsWith(GraphCompiler.OPERATORS) && !node.target().startsWith(GraphCompiler.HIGHER_ORDER);
            if (operator && ArgumentCompiler.trains(node, GraphCompiler.qualified(node.target()))) return true;
            for (GraphText.Input i : node.inputs()) if (i.argument() instanceof Argument.Subgraph s && trains(s.graph())) return true;
        }
        return false;
    }

    private Graph compile(Map<String, PreparedOperator> operators) {
        var compiler = new GraphCompiler(this, operators, text.graph());
        Values values = compiler.values();
        var inputs = new ArrayList<Integer>();
        for (ProgramText.InputSpec spec : text.inputs()) {
            switch (spec.kind()) {
                case USER -> inputs.add(values.define(spec.name(), spec.number() ? number(spec.name()) : Argument.Kind.TENSOR));
                case CONSTANT -> {
                    int slot = spec.name().isEmpty() ? values.scratch() : values.define(spec.name(), Argument.Kind.INT);
                    inputs.add(slot);
                }
                case PARAMETER, BUFFER, TEMPORARY_BUFFER, CONSTANT_TENSOR -> {
                    int at = state.indexOf(spec.target());
                    if (at < 0) state.add(spec.target());
                    values.state(spec.name(), at < 0 ? state.size() - 1 : at);
                }
                default -> throw new IllegalArgumentException("the input '" + spec.name() + "' is a " + spec.kind());
            }
        }
        return compiler.compile(inputs.stream().mapToInt(Integer::intValue).toArray());
    }

    private Argument.Kind number(String name) {
        for (Argument a : text.graph().inputs()) if (a instanceof Argument.Name n && n.name().equals(name)) return n.kind();
        return Argument.Kind.INT;
    }

    /** Returns the graph, whose inputs are those of the user. */
    Graph graph() {
        return graph;
    }

    /** Returns the names of the parameters, buffers and constants by the numbers that the graph has for them. */
    List<String> state() {
        return state;
    }

    @Override public Operand.Constant own(RawValues.Value value) {
        if (!Tag.plain(value.tag())) owned.add(value);
        return new Operand.Constant(value.tag(), value.payload());
    }

    @Override public Device.Type exportedOn() { return exportedOn; }

    @Override public void needsDevice() { needsDevice = true; }

    /** Returns whether a run needs to know where the program is. */
    boolean hasDevices() {
        return needsDevice;
    }

    @Override public boolean exportedInTraining() { return exportedInTraining; }

    /** Frees the constants. Closing twice is harmless. */
    @Override public void close() {
        RawValues.access().release(owned.stream().mapToInt(RawValues.Value::tag).toArray(),
                owned.stream().mapToLong(RawValues.Value::payload).toArray());
        owned.clear();
    }
}
