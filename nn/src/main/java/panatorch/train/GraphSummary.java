package panatorch.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.calls.CallGraph;
import panatorch.internal.calls.RawValues;
import panatorch.nn.Hooks;
import panatorch.nn.Modes;
import panatorch.nn.Module;

/**
 * The graph of a module as TensorBoard's {@code GraphDef}: a node for each operator that it calls, each parameter and buffer that it uses,
 * and each input and output. Names have the modules around them, as Python writes them: {@code Sequential/Linear[0]/linear}.
 */
final class GraphSummary {
    private static final int PRODUCER = 22; // the version that Python's writer gives

    private GraphSummary() {}

    static Message of(Module module, List<Tensor> inputs) {
        var modes = Modes.evaluation(module);
        var hooks = new ArrayList<Hooks.Handle>();
        try (modes; var scope = Scope.open(); var noGrad = NoGrad.enter(); var graph = new CallGraph()) {
            Map<String, Module> modules = module.namedModules();
            modules.forEach((path, m) -> {
                String name = scope(module, modules, path);
                m.namedParameters(false).forEach((n, t) -> graph.know(t, name + "/" + n, "Parameter"));
                m.namedBuffers(false).forEach((n, t) -> graph.know(t, name + "/" + n, "Buffer"));
                hooks.add(m.hooks().beforeForward((called, in) -> {
                    graph.enter(name);
                    return null;
                }));
                hooks.add(m.hooks().afterForward((called, in, out) -> {
                    graph.leave();
                    return null;
                }));
            });
            for (int i = 0; i < inputs.size(); i++) graph.know(inputs.get(i), numbered("input/input", i, inputs.size()), "IO Node");
            RawValues.access().recording(graph, () -> {
                List<Tensor> outputs = module.callAll(inputs);
                for (int i = 0; i < outputs.size(); i++)
                    graph.use(outputs.get(i), numbered("output/output", i, outputs.size()), "IO Node");
            });
            var message = new Message();
            graph.nodes().forEach(node -> message.message(1, node(node)));
            return message.message(4, new Message().integer(1, PRODUCER));
        } finally {
            hooks.forEach(Hooks.Handle::close);
        }
    }

    private static String numbered(String name, int i, int all) { return all == 1 ? name : name + "_" + (i + 1); }

    /** Returns the classes and names on the way to a module. */
    private static String scope(Module root, Map<String, Module> modules, String path) {
        var text = new StringBuilder(root.getClass().getSimpleName());
        for (int from = 0, dot; from < path.length(); from = dot + 1) {
            dot = path.indexOf('.', from);
            if (dot < 0) dot = path.length();
            Module m = modules.get(path.substring(0, dot));
            text.append('/').append(m == null ? "Module" : m.getClass().getSimpleName()).append('[').append(path, from, dot).append(']');
        }
        return text.toString();
    }

    private static Message node(CallGraph.Node node) {
        var message = new Message().text(1, node.name()).text(2, node.kind());
        node.inputs().forEach(input -> message.text(3, input));
        var shapes = new Message();
        for (long[] shape : node.shapes()) {
            var sizes = new Message();
            Arrays.stream(shape).forEach(size -> sizes.message(2, new Message().integer(1, size)));
            shapes.message(7, sizes);
        }
        return message.message(5, attribute("attr", new Message().text(2, node.attributes())))
                .message(5, attribute("_output_shapes", new Message().message(1, shapes)));
    }

    private static Message attribute(String name, Message value) { return new Message().text(1, name).message(2, value); }
}
