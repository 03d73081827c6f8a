package panatorch.nn;

import panatorch.Tensor;

/** A dictionary of named parameters. It owns the tensors that it is given. */
public final class ParameterDict extends Module {
    public ParameterDict() {}

    public ParameterDict(java.util.SequencedMap<String, Tensor> parameters) { parameters.forEach(this::put); }

    public ParameterDict put(String name, Tensor initial) {
        parameter(name, initial);
        return this;
    }

    /** Returns the parameter of that name, which stays this dictionary's. */
    public Tensor get(String name) {
        Tensor t = parameterOrNull(name);
        if (t == null) throw new IllegalArgumentException("there is no parameter '" + name + "' among " + ownParameters().keySet());
        return t;
    }

    @Override protected Module recreate() {
        var copy = new ParameterDict();
        ownParameters().forEach((name, t) -> copy.put(name, t.emptyLike()));
        return copy;
    }

    @Override protected String describe() { return Repr.parameters(ownParameters()); }
}
