package panatorch.export;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.Operators;
import panatorch.Tensor;
import panatorch.TorchException;

/** Computes once what depends on weights and constants alone, such as masks and positions. Random numbers stay. */
final class FoldConstants implements Pass {
    private static final long LARGEST = 16L << 20; // elements; a constant of a graph should not be larger than its weights
    private static final Set<String> RANDOM =
            Set.of("rand", "randn", "randint", "randperm", "bernoulli", "normal", "uniform", "dropout", "multinomial",
                    "empty", "poisson", "exponential", "rand_like", "randn_like", "randint_like", "empty_like", "native_dropout");

    @Override public void apply(Rewrite graph) {
        int folded = 0;
        for (String result : graph.results()) {
            GraphText.Node node = graph.find(result);
            if (graph.isOutput(result) || graph.isChanged(result) || !isPure(node)) continue;
            Tensor value = compute(graph, node);
            if (value == null) continue;
            graph.remove(node);
            graph.redirect(result, graph.add(value));
            folded++;
        }
        graph.report(folded, "calls computed once, as they depend on weights alone");
    }

    private static boolean isPure(GraphText.Node node) {
        if (!node.target().startsWith("torch.ops.aten.")) return false;
        String name = node.target().split("\\.")[3];
        return !RANDOM.contains(name) && !name.startsWith("sym_") && !name.startsWith("_assert")
                && !Rewrite.operator(node).changesArguments();
    }

    /** Returns the result of a call on known tensors and constants; null if an argument is something else. */
    private static @Nullable Tensor compute(Rewrite graph, GraphText.Node node) {
        var tensors = new HashSet<String>();
        var values = new ArrayList<@Nullable Object>();
        var parameters = Rewrite.operator(node).parameters();
        int last = 0;
        for (int i = 0; i < parameters.size(); i++) if (node.input(parameters.get(i).name()) != null) last = i + 1;
        for (int i = 0; i < last; i++) {
            Argument a = node.input(parameters.get(i).name());
            if (a == null) return null; // a default between given arguments
            Object value = value(graph, a, tensors);
            if (value == graph) return null;
            values.add(value);
        }
        // Without tensors the call makes one, such as zeros, of which a fresh one may be needed each time.
        if (tensors.isEmpty()) return null;
        try {
            return Operators.call(GraphCompiler.qualified(node.target()), values.toArray()).getFirst() instanceof Tensor t
                    && t.numel() <= LARGEST ? t : null;
        } catch (IllegalArgumentException | TorchException asInPython) { // a number for a tensor, or an error that belongs to the run
            return null;
        }
    }

    /** Returns the value of an argument, or the graph itself if it is not known. */
    private static @Nullable Object value(Rewrite graph, Argument a, Set<String> tensors) {
        switch (a) {
            case Argument.Constant c -> {
                return c.value();
            }
            case Argument.Name n -> {
                Tensor t = graph.known(n);
                if (t == null) return graph;
                tensors.add(n.name());
                return t;
            }
            case Argument.Items items -> {
                var list = new ArrayList<@Nullable Object>();
                for (Argument i : items.items()) {
                    Object v = value(graph, i, tensors);
                    if (v == graph || v == null) return graph;
                    list.add(v);
                }
                return list;
            }
            default -> {
                return graph;
            }
        }
    }
}
