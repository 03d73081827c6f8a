package panatorch.nn;

/** A dictionary of named modules, for use in a {@code forward} of your own. */
public final class ModuleDict extends Module {
    public ModuleDict() {}

    public ModuleDict(java.util.SequencedMap<String, ? extends Module> modules) { modules.forEach(this::put); }

    public ModuleDict put(String name, Module module) {
        child(name, module);
        return this;
    }

    public Module get(String name) {
        Module m = namedChildren().get(name);
        if (m == null) throw new IllegalArgumentException("there is no module '" + name + "' among " + namedChildren().keySet());
        return m;
    }

    @Override protected Module recreate() {
        var copy = new ModuleDict();
        namedChildren().forEach((name, m) -> copy.put(name, m.recreate()));
        return copy;
    }
}
