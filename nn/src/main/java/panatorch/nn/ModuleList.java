package panatorch.nn;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;

/**
 * A list of modules, for use in a {@code forward} of your own.
 *
 * <pre>{@code
 * ModuleList<Linear> heads = child("heads", new ModuleList<>(new Linear(8, 2), new Linear(8, 3)));
 * Tensor weight = heads.get(1).weight();
 * }</pre>
 *
 * @param <M> the modules' type
 */
public final class ModuleList<M extends Module> extends Module implements Iterable<M> {
    @SafeVarargs public ModuleList(M... modules) { for (M module : modules) add(module); }

    public ModuleList(List<? extends M> modules) { modules.forEach(this::add); }

    public ModuleList<M> add(M module) {
        child(Integer.toString(size()), module);
        return this;
    }

    /**
     * Returns the module at index {@code i}.
     *
     * @throws ClassCastException if {@link #setChild} has put a module of another type there
     */
    @SuppressWarnings("unchecked") public M get(int i) {
        Module m = namedChildren().get(Integer.toString(i));
        if (m == null) throw new IndexOutOfBoundsException("index " + i + " of " + size() + " modules");
        return (M) m;
    }

    public int size() { return namedChildren().size(); }

    @SuppressWarnings("unchecked")
    @Override public Iterator<M> iterator() {
        return ((Collection<M>) namedChildren().values()).iterator();
    }

    @Override protected Module recreate() { return new ModuleList<>(namedChildren().values().stream().map(Module::recreate).toList()); }

    /** Returns the list as PyTorch prints it: equal neighbours once, with their number. */
    @Override public String toString() {
        if (size() == 0) return "ModuleList()";
        List<String> lines = new ArrayList<>();
        for (int first = 0, last; first < size(); first = last + 1) {
            String text = get(first).toString();
            for (last = first; last + 1 < size() && get(last + 1).toString().equals(text);) last++;
            lines.add(Repr.indented(
                    first == last ? "(" + first + "): " + text : "(" + first + "-" + last + "): " + (last - first + 1) + " x " + text));
        }
        return Repr.block("ModuleList", lines);
    }
}
