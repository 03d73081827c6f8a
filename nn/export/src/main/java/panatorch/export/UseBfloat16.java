package panatorch.export;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.Tensor;

/**
 * Has convolutions and linear layers computed in bfloat16, and what lies between two of them, such as activations, sums, poolings and
 * views. Everything else, such as normalisations and softmax, stays in float32, as do inputs and outputs.
 */
final class UseBfloat16 implements Pass {
    private static final String ATEN = "torch.ops.aten.";
    private static final Set<String> LAYERS = Set.of(ATEN + "linear.default", ATEN + "conv2d.default");
    /** Calls that lose nothing more where all their inputs are bfloat16 already. */
    private static final Set<String> FOLLOWERS = new HashSet<>();

    static {
        for (String name : List.of("max_pool2d.default", "avg_pool2d.default", "adaptive_avg_pool2d.default", "flatten.using_ints",
                "reshape.default", "view.default", "permute.default", "transpose.int", "unsqueeze.default", "contiguous.default",
                "cat.default", "add.Tensor", "add_.Tensor", "mul.Tensor"))
            FOLLOWERS.add(ATEN + name);
    }

    private final Map<String, String> low = new HashMap<>();
    private final List<GraphText.Node> nodes = new ArrayList<>(), casts = new ArrayList<>();

    /** Returns whether a tensor has a type in which oneDNN computes layers. */
    static boolean isFloat(Tensor t) {
        return t.dtype() == DType.FLOAT32 || t.dtype() == DType.BFLOAT16;
    }

    @Override public void apply(Rewrite graph) {
        int layers = 0;
        for (GraphText.Node node : graph.nodes) {
            String result = Rewrite.result(node);
            TensorMeta meta = result == null ? null : graph.meta(result);
            boolean layer = result != null && LAYERS.contains(node.target()) && isLayer(graph, node);
            if (result == null || meta == null || meta.dtype() != DType.FLOAT32 || isShared(graph, result)
                    || !(layer || follows(graph, node))) {
                nodes.add(node);
                continue;
            }
            if (layer) layers++;
            lower(graph, node, result, meta);
        }
        graph.nodes.clear();
        graph.nodes.addAll(nodes);
        for (GraphText.Node cast : casts.reversed()) if (graph.isUnused(cast)) graph.remove(cast);
        graph.report(layers, "convolutions and linear layers in bfloat16");
    }

    /** Returns whether one call writes to a value, or to a view of it, and others look at it. */
    private static boolean isShared(Rewrite graph, String name) {
        return graph.isChanged(name) && graph.onlyUser(name) == null;
    }

    private static boolean isLayer(Rewrite graph, GraphText.Node node) {
        if (!(node.input("input") instanceof Argument.Name input) || isShared(graph, input.name())) return false;
        Tensor weight = graph.known(node.input("weight"));
        Argument bias = node.input("bias");
        return weight != null && weight.dtype() == DType.FLOAT32 && weight.device().type() == Device.Type.CPU
                && (bias == null || bias.equals(Argument.NONE) || graph.known(bias) != null);
    }

    /** Returns whether a call can go on in bfloat16: all its tensors are there, and nobody else looks at one that it writes to. */
    private boolean follows(Rewrite graph, GraphText.Node node) {
        boolean activation = Activation.of(node) != null;
        if (!activation && !FOLLOWERS.contains(node.target())) return false;
        var tensors = new HashSet<String>();
        for (GraphText.Input i : node.inputs()) {
            Set<String> names = new HashSet<>();
            Rewrite.names(i.argument(), names);
            for (String name : names)
                if (graph.meta(name) != null || graph.known(new Argument.Name(name, Argument.Kind.TENSOR)) != null)
                    tensors.add(name);
        }
        boolean writes = node.target().contains("_.");
        return !tensors.isEmpty() && tensors.stream().allMatch(low::containsKey)
                && (!writes || node.input("self") instanceof Argument.Name self && graph.onlyUser(self.name()) == node);
    }

    private void lower(Rewrite graph, GraphText.Node node, String result, TensorMeta meta) {
        boolean layer = LAYERS.contains(node.target());
        var inputs = new ArrayList<GraphText.Input>();
        for (GraphText.Input i : node.inputs()) {
            Tensor known = layer && !i.name().equals("input") ? graph.known(i.argument()) : null;
            inputs.add(new GraphText.Input(i.name(), known != null ? graph.add(known.detach().to(DType.BFLOAT16))
                    : lowered(i.argument(), layer && i.name().equals("input") ? node.line() : null), i.keyword()));
        }
        String name = result + "_bf16";
        var value = new Argument.Name(name, Argument.Kind.TENSOR);
        nodes.add(new GraphText.Node(name, node.target(), inputs, List.of(value), node.line()));
        low.put(result, name);
        graph.describe(name, new TensorMeta(DType.BFLOAT16, meta.sizes(), meta.strides(), meta.offset(), false, meta.device()));
        cast(value, result, DType.FLOAT32, node.line());
    }

    /** Returns an argument with the tensors' bfloat16 in their places; makes one of them if {@code line} is given. */
    private Argument lowered(Argument a, @Nullable String line) {
        return switch (a) {
            case Argument.Name n when low.containsKey(n.name()) -> new Argument.Name(low.get(n.name()), n.kind());
            case Argument.Name n when line != null -> {
                String name = n.name() + "_bf16";
                low.put(n.name(), name);
                cast(n, name, DType.BFLOAT16, line);
                yield new Argument.Name(name, n.kind());
            }
            case Argument.Items items -> new Argument.Items(items.items().stream().map(i -> lowered(i, null)).toList());
            default -> a;
        };
    }

    private void cast(Argument.Name from, String to, DType type, String line) {
        GraphText.Node cast = Rewrite.call("aten::to.dtype", to, line, List.of(from, new Argument.Constant(type)));
        casts.add(cast);
        nodes.add(cast);
    }
}
