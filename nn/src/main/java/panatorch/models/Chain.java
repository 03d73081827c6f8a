package panatorch.models;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Module;

/**
 * Some of a network's layers, one after the other, under the names they have there. The network has them as children of its own, and this
 * only beside: no state-dict key gains a prefix.
 */
final class Chain extends Module {
    Chain(SequencedMap<String, Module> layers) { layers.forEach(this::child); }

    /** The layers of {@code network} from {@code first} to the one before {@code end}; null stands for its first and behind its last. */
    static Chain of(Module network, @Nullable String first, @Nullable String end) {
        var layers = new LinkedHashMap<String, Module>();
        boolean inside = first == null;
        for (var e : network.namedChildren().entrySet()) {
            if (e.getKey().equals(end)) break;
            inside |= e.getKey().equals(first);
            if (inside) layers.put(e.getKey(), e.getValue());
        }
        return new Chain(layers);
    }

    /** As the last layer, which is never one that drops: those may be told to go on dropping in evaluation. */
    @Override public boolean isTraining() { return List.copyOf(namedChildren().values()).getLast().isTraining(); }

    @Override public Tensor forward(Tensor input) { return callInTurn(namedChildren().values(), input); }

    @Override protected Module recreate() {
        var copies = new LinkedHashMap<String, Module>();
        namedChildren().forEach((name, m) -> copies.put(name, copyOf(m)));
        return new Chain(copies);
    }
}
