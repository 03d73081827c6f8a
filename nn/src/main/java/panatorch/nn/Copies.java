package panatorch.nn;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/** Copies modules: creates a module with the same options and gives it the original's values and ties. */
final class Copies {
    private Copies() {}

    static Module of(Module original) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var generator = Generator.global()) {
            Tensor random = generator.state();
            Module copy = original.recreate();
            fill(original, copy, new IdentityHashMap<>());
            generator.setState(random); // the initialisation has drawn from it
            return copy;
        }
    }

    private static void fill(Module from, Module to, Map<Tensor, Tensor> known) {
        if (from.getClass() != to.getClass()) throw new IllegalStateException(from.name() + ".recreate() creates a " + to.name());
        if (from instanceof Masked layer) drop((Masked) to, layer);
        from.rules().forEach((name, rule) -> rule.setIn(to));
        for (String path : from.replacedPaths()) to.setChild(path, from.submodule(path).recreate());
        if (!from.namedChildren().keySet().equals(to.namedChildren().keySet()))
            throw new IllegalStateException(from.name() + ".recreate() creates the children " + to.namedChildren().keySet() + ", not "
                    + from.namedChildren().keySet());
        fill(from.ownParameters(), to.ownParameters(), known);
        fill(from.ownBuffers(), to.ownBuffers(), known);
        Tensor extra = from.extraState();
        if (extra != null) to.setExtraState(extra);
        to.setTraining(from.isTraining());
        from.namedChildren().forEach((name, m) -> fill(m, Objects.requireNonNull(to.namedChildren().get(name)), known));
    }

    /**
     * Copies the settings of dropout that may have changed since the layer was created. A mask source that is a module is copied with the
     * layer; any other source is shared.
     */
    private static void drop(Masked to, Masked from) {
        to.setP(from.p());
        if (to.masks() != from.masks()) to.setMasks(from.masks());
        if (from.masks() instanceof Module m) to.setMasks((MaskSource) m.recreate());
    }

    private static void fill(Map<String, @Nullable Tensor> from, Map<String, @Nullable Tensor> to, Map<Tensor, Tensor> known) {
        from.forEach((name, t) -> {
            Tensor place = to.get(name), before = t == null ? null : known.get(t);
            if (t == null || before != null) {
                if (place != null && place != before) place.close();
                to.put(name, before);
                return;
            }
            if (place == null || known.containsValue(place)) to.put(name, place = t.emptyLike().escape());
            place.setData(t.detach().clone());
            place.requiresGrad_(t.requiresGrad());
            known.put(t, place);
        });
    }
}
