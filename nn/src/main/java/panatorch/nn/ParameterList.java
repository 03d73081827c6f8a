package panatorch.nn;

import java.util.stream.IntStream;
import panatorch.Tensor;

/** A list of parameters. It owns the tensors that it is given. */
public final class ParameterList extends Module {
    public ParameterList(Tensor... parameters) {
        for (Tensor t : parameters) add(t);
    }

    public ParameterList add(Tensor initial) {
        parameter(Integer.toString(size()), initial);
        return this;
    }

    /** Returns the parameter at index {@code i}, which stays this list's. */
    public Tensor get(int i) {
        Tensor t = parameterOrNull(Integer.toString(i));
        if (t == null) throw new IndexOutOfBoundsException("index " + i + " of " + size() + " parameters");
        return t;
    }

    public int size() { return ownParameters().size(); }

    @Override protected Module recreate() {
        return new ParameterList(IntStream.range(0, size()).mapToObj(i -> get(i).emptyLike()).toArray(Tensor[]::new));
    }

    @Override protected String describe() { return Repr.parameters(ownParameters()); }
}
