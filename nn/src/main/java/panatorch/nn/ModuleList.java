package panatorch.nn;

import java.util.ArrayList;
import java.util.List;

/** A list of modules, for use in a {@code forward} of your own. */
public final class ModuleList extends Module implements Iterable<Module> {
    public ModuleList(Module... modules) { this(List.of(modules)); }

    public ModuleList(List<? extends Module> modules) { modules.forEach(this::add); }

    public ModuleList add(Module module) {
        child(Integer.toString(size()), module);
        return this;
    }

    /** Returns the module at index {@code i}. */
    public Module get(int i) {
        Module m = namedChildren().get(Integer.toString(i));
        if (m == null) throw new IndexOutOfBoundsException("index " + i + " of " + size() + " modules");
        return m;
    }

    public int size() { return namedChildren().size(); }

    @Override public java.util.Iterator<Module> iterator() { return namedChildren().values().iterator(); }

    @Override protected Module recreate() { return new ModuleList(namedChildren().values().stream().map(Module::recreate).toList()); }

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
