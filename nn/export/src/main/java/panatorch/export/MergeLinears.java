package panatorch.export;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;

/**
 * Computes linear layers of one input, such as the query, key and value of attention, as one layer whose result is split: a product of 64 ×
 * 256 and 256 × 768 takes two thirds of the time of three of 256 × 256. Larger layers gain nothing.
 */
final class MergeLinears implements Pass {
    private static final String ATEN = "torch.ops.aten.", LINEAR = ATEN + "linear.default", VIEW = ATEN + "view.default";
    private static final long LARGEST = 1 << 20;

    /** What layers have in common that can be merged. */
    private record Kind(Argument input, boolean biased, DType dtype) {}

    /** A layer with its tensors. */
    private record Layer(GraphText.Node node, String result, Tensor weight, @Nullable Tensor bias) {}

    @Override public void apply(Rewrite graph) {
        if (graph.nodes.stream().anyMatch(n -> n.target().contains("as_strided") || n.target().contains("view_as"))) return;
        Map<Kind, List<Layer>> groups = new LinkedHashMap<>();
        for (GraphText.Node node : graph.nodes) {
            Layer layer = layer(graph, node);
            if (layer == null || !(node.input("input") instanceof Argument.Name input)) continue;
            var kind = new Kind(input, layer.bias != null, layer.weight.dtype());
            groups.computeIfAbsent(kind, k -> new ArrayList<>()).add(layer);
        }
        int merged = 0;
        for (Map.Entry<Kind, List<Layer>> group : groups.entrySet()) {
            if (group.getValue().size() < 2) continue;
            merge(graph, group.getKey().input, group.getValue());
            merged += group.getValue().size();
        }
        if (merged > 0) reshapeViews(graph);
        graph.report(merged, "linear layers merged with others of the same input");
    }

    private static @Nullable Layer layer(Rewrite graph, GraphText.Node node) {
        String result = Rewrite.result(node);
        if (!node.target().equals(LINEAR) || result == null || graph.isChanged(result)) return null;
        if (!(node.input("input") instanceof Argument.Name n) || graph.isChanged(n.name()) || graph.known(n) != null) return null;
        Tensor weight = graph.known(node.input("weight")), bias = graph.known(node.input("bias"));
        boolean other = bias == null && node.input("bias") != null && !Argument.NONE.equals(node.input("bias"));
        if (weight == null || weight.dim() != 2 || weight.numel() > LARGEST || other || !takeSlices(graph, result)) return null;
        return bias == null || bias.dtype() == weight.dtype() ? new Layer(node, result, weight, bias) : null;
    }

    /** Returns whether all that use a result do not mind that its rows are not one after another in memory. */
    private static boolean takeSlices(Rewrite graph, String result) {
        GraphText.Node only = graph.onlyUser(result);
        boolean fused = Activation.of(only) != null || only != null && only.target().startsWith(ATEN + "add");
        return !fused && graph.users(result).stream().allMatch(n -> n.target().startsWith(ATEN));
    }

    private static void merge(Rewrite graph, Argument input, List<Layer> layers) {
        GraphText.Node first = layers.getFirst().node;
        var arguments = new ArrayList<Argument>();
        arguments.add(input);
        arguments.add(graph.add(Aten.cat(layers.stream().map(l -> l.weight.detach()).toList(), 0)));
        List<Tensor> biases = layers.stream().map(Layer::bias).filter(Objects::nonNull).map(Tensor::detach).toList();
        if (!biases.isEmpty()) arguments.add(graph.add(Aten.cat(biases, 0)));
        var all = new Argument.Name(layers.getFirst().result + "_and_others", Argument.Kind.TENSOR);
        graph.nodes.add(graph.nodes.indexOf(first), Rewrite.call("aten::linear", all.name(), first.line(), arguments));
        long start = 0;
        for (Layer layer : layers) {
            long end = start + layer.weight.size(0);
            graph.replace(layer.node, Rewrite.call("aten::slice.Tensor", layer.result, layer.node.line(),
                    List.of(all, new Argument.Constant(-1L), new Argument.Constant(start), new Argument.Constant(end))));
            start = end;
        }
    }

    /** Slices are not contiguous, so that a view of one may need a copy. */
    private static void reshapeViews(Rewrite graph) {
        for (GraphText.Node node : List.copyOf(graph.nodes)) {
            String result = Rewrite.result(node);
            if (!node.target().equals(VIEW) || result == null || graph.isChanged(result)) continue;
            List<Argument> arguments = node.inputs().stream().map(GraphText.Input::argument).toList();
            if (arguments.getFirst() instanceof Argument.Name n && !graph.isChanged(n.name()))
                graph.replace(node, Rewrite.call("aten::reshape", result, node.line(), arguments));
        }
    }
}
