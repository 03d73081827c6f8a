package panatorch.export;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Removes calls that do nothing in evaluation, such as dropout, and calls whose results nobody uses. */
final class RemoveNoOps implements Pass {
    /** Calls that return their first argument, or a copy of it. */
    static final Set<String> IDENTITIES = Set.of("torch.ops.aten.dropout.default", "torch.ops.aten.dropout_.default",
            "torch.ops.aten.feature_dropout.default", "torch.ops.aten.alpha_dropout.default", "torch.ops.aten.detach.default",
            "torch.ops.aten.detach_.default", "torch.ops.aten.alias.default", "torch.ops.aten.lift_fresh_copy.default");

    /** Conversions to a type, which return their first argument where it has the type already. */
    private static final Set<String> CASTS = Set.of("torch.ops.aten.to.dtype", "torch.ops.aten.type_as.default");

    private static final String ASSERTION = "torch.ops.aten._assert_tensor_metadata.default";

    @Override public void apply(Rewrite graph) {
        graph.nodes.removeIf(n -> n.target().equals(ASSERTION)); // nothing checks it, and it would count as a use of its tensor
        int identities = 0, dead = 0;
        for (String result : graph.results()) {
            GraphText.Node node = graph.find(result);
            Argument.Name input = input(graph, node, result);
            if (input == null) continue;
            graph.remove(node);
            graph.redirect(result, input);
            identities++;
        }
        for (int i = graph.nodes.size() - 1; i >= 0; i--) {
            GraphText.Node node = graph.nodes.get(i);
            if (!Rewrite.isOperator(node) || Rewrite.operator(node).changesArguments() || node.outputs().isEmpty()) continue;
            if (isUsed(graph, node)) continue;
            graph.nodes.remove(i);
            dead++;
        }
        graph.report(identities, "calls removed that do nothing in evaluation");
        graph.report(dead, "calls removed whose results nobody uses");
    }

    private static Argument.@Nullable Name input(Rewrite graph, GraphText.Node node, String result) {
        if (!IDENTITIES.contains(node.target()) && !CASTS.contains(node.target()) || graph.isOutput(result)) return null;
        Argument first = node.inputs().isEmpty() ? Argument.NONE : node.inputs().getFirst().argument();
        if (CASTS.contains(node.target())) return isSameType(graph, node, first, result) ? (Argument.Name) first : null;
        boolean fresh = !node.target().contains("copy")
                || first instanceof Argument.Name n && !graph.isChanged(n.name()) && !graph.isChanged(result);
        return fresh && first instanceof Argument.Name n ? n : null;
    }

    /** Returns whether a conversion returns its argument, as that has the type already. */
    private static boolean isSameType(Rewrite graph, GraphText.Node cast, Argument first, String result) {
        TensorMeta from = graph.meta(first), to = graph.meta(result);
        boolean plain = cast.inputs().size() == 2; // neither a copy nor a memory format
        return plain && from != null && to != null && from.dtype() == to.dtype();
    }

    private static boolean isUsed(Rewrite graph, GraphText.Node node) {
        var made = new HashSet<String>();
        node.outputs().forEach(o -> Rewrite.names(o, made));
        if (made.stream().anyMatch(graph::isOutput)) return true;
        var used = new HashSet<String>();
        graph.nodes.forEach(n -> n.inputs().forEach(i -> Rewrite.names(i.argument(), used)));
        return made.stream().anyMatch(used::contains);
    }
}
