package panatorch.nn;

import java.util.List;
import panatorch.Tensor;

/**
 * A chain of modules, named {@code 0}, {@code 1}, … or as given. Without modules it is the identity.
 *
 * <pre>{@code
 * var network = new Sequential(new Linear(784, 100), new ReLU(), new Linear(100, 10));
 * Tensor logits = network.forward(Torch.randn(32, 784));          // [32, 10]
 * }</pre>
 */
public final class Sequential extends Module {
    public Sequential(Module... modules) {
        for (int i = 0; i < modules.length; i++) child(Integer.toString(i), modules[i]);
    }

    /** @param modules the modules by their names, in the map's order */
    public Sequential(java.util.SequencedMap<String, ? extends Module> modules) {
        modules.forEach(this::child);
    }

    /** Returns the module at index {@code i}. */
    public Module get(int i) { return List.copyOf(namedChildren().values()).get(i); }

    public int size() { return namedChildren().size(); }

    @Override public Tensor forward(Tensor input) { return callInTurn(namedChildren().values(), input); }

    @Override protected Module recreate() {
        var copies = new java.util.LinkedHashMap<String, Module>();
        namedChildren().forEach((name, m) -> copies.put(name, m.recreate()));
        return new Sequential(copies);
    }
}
