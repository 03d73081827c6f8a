package panatorch.models;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Module;

/**
 * A sequence of some of a network's layers, under the names that they have in the network. The layers are children of the network itself
 * too, so no state-dict key gets a prefix.
 */
final class Chain extends Module {
    Chain(SequencedMap<String, Module> layers) { layers.forEach(this::child); }

    /**
     * Chains the layers of {@code network} from {@code first} up to, but not including, {@code end}. Null stands for the first layer, and
     * for the end of the network.
     */
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

    /**
     * Returns the mode of the last layer, which is never a dropout layer. Dropout layers may be told to keep dropping in evaluation.
     */
    @Override public boolean isTraining() { return List.copyOf(namedChildren().values()).getLast().isTraining(); }

    @Override public Tensor forward(Tensor input) { return callInTurn(namedChildren().values(), input); }

    @Override protected Module recreate() {
        var copies = new LinkedHashMap<String, Module>();
        namedChildren().forEach((name, m) -> copies.put(name, copyOf(m)));
        return new Chain(copies);
    }
}
