package panatorch.nn;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** Walks over a module and all modules inside, whose full names are the names on the way with dots between them. */
final class ModuleTree {
    private ModuleTree() {}

    /** Visits outer modules before inner ones, shared ones under each of their names. The prefix is the full name and a dot. */
    static void visit(Module root, BiConsumer<String, Module> visitor) {
        visit("", root, visitor);
    }

    private static void visit(String prefix, Module m, BiConsumer<String, Module> visitor) {
        visitor.accept(prefix, m);
        m.namedChildren().forEach((name, inner) -> visit(prefix + name + ".", inner, visitor));
    }

    static void visitInnerFirst(Module root, Consumer<? super Module> visitor) {
        root.namedChildren().values().forEach(m -> visitInnerFirst(m, visitor));
        visitor.accept(root);
    }

    /** Returns the modules by their full names, shared ones once. */
    static Map<String, Module> named(Module root) {
        var all = new LinkedHashMap<String, Module>();
        Set<Module> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        visit(root, (prefix, m) -> { if (seen.add(m)) all.put(prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1), m); });
        return all;
    }

    /** Returns the tensors of a kind by their full names, shared ones once. */
    static Map<String, Tensor> tensors(Module root, Function<Module, Map<String, @Nullable Tensor>> kind) {
        var all = new LinkedHashMap<String, Tensor>();
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        visit(root, (prefix, m) -> kind.apply(m).forEach((name, t) -> { if (t != null && seen.add(t)) all.put(prefix + name, t); }));
        return all;
    }

    /**
     * Returns the module of a full name; the empty one is the root's.
     *
     * @throws IllegalArgumentException if there is none
     */
    static Module find(Module root, String path) {
        Module m = root;
        for (String part : path.isEmpty() ? new String[0] : path.split("\\.", -1)) {
            Module inner = m.namedChildren().get(part);
            if (inner == null)
                throw new IllegalArgumentException("there is no module '" + path + "' in " + root.name() + ": " + m.name()
                        + " has no child '" + part + "' among " + m.namedChildren().keySet());
            m = inner;
        }
        return m;
    }
}
