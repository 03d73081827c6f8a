package panatorch.export;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.TorchException;
import panatorch.internal.calls.PreparedOperator;
import panatorch.internal.calls.RawValues;
import panatorch.vision.ops.TorchvisionOperators;

/** Looks up everything that a program needs, its subgraphs' too, and finds out all that is missing. */
final class Requirements {
    private final Map<String, PreparedOperator> operators = new HashMap<>();
    private final Map<String, String> missing = new LinkedHashMap<>();
    private final String torchVersion;

    private Requirements(String torchVersion) { this.torchVersion = torchVersion; }

    static Requirements of(ProgramText program) {
        var found = new Requirements(program.torchVersion());
        for (ProgramText.InputSpec i : program.inputs()) {
            if (i.kind() == ProgramText.InputKind.TOKEN)
                found.miss("the input '" + i.name() + "'", "it is a token, by which Python orders side effects. Export without effects");
            if (i.kind() == ProgramText.InputKind.CUSTOM_OBJECT)
                found.miss("the input '" + i.name() + "'", "it is an object of a custom class. Export a model without it");
        }
        found.visit(program.graph());
        return found;
    }

    /** Returns libtorch's operators by their names. */
    Map<String, PreparedOperator> operators() {
        return operators;
    }

    /** Returns what is missing, each with advice. */
    List<String> missing() {
        var lines = new ArrayList<String>();
        missing.forEach((what, advice) -> lines.add(what + ": " + advice));
        return lines;
    }

    private void miss(String what, String advice) { missing.putIfAbsent(what, advice); }

    private void visit(GraphText graph) {
        for (GraphText.Node node : graph.nodes()) {
            require(node.target());
            for (GraphText.Input i : node.inputs()) if (i.argument() instanceof Argument.Subgraph s) visit(s.graph());
        }
    }

    private void require(String target) {
        if (SymbolicFunction.of(target) != null) return;
        if (target.startsWith(GraphCompiler.HIGHER_ORDER)) {
            String name = target.substring(GraphCompiler.HIGHER_ORDER.length());
            if (!HigherOrder.KNOWN.contains(name))
                miss("higher_order." + name, "only Python runs it. Save exported_program.run_decompositions() instead");
            return;
        }
        if (!target.startsWith(GraphCompiler.OPERATORS)) {
            miss(target,
                    target.startsWith("torch._functorch")
                            ? "Python's vmap is left in the graph. Save exported_program.run_decompositions() instead"
                            : "it is a function of Python's. Save exported_program.run_decompositions(), which may remove it");
            return;
        }
        String name = name(target);
        if (name == null) miss(target, "this is not the name of an operator");
        else if (!operators.containsKey(name) && !missing.containsKey(name)) lookUp(name);
    }

    private static @Nullable String name(String target) {
        try {
            return GraphCompiler.qualified(target);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void lookUp(String name) {
        try {
            operators.put(name, RawValues.access().operator(name));
        } catch (TorchException e) {
            if (PythonOperators.define(name) || TorchvisionOperators.define(name)) {
                operators.put(name, RawValues.access().operator(name));
                return;
            }
            boolean own = name.startsWith("aten::") || name.startsWith("prim::");
            miss(name, own ? "libtorch 2.13 has no such operator; the program was exported by torch " + torchVersion
                    : "before loading the program, load its library by Operators.load, or write it in Java by OperatorLibrary");
        } catch (IllegalArgumentException e) {
            miss(name, String.valueOf(e.getMessage()));
        }
    }
}
