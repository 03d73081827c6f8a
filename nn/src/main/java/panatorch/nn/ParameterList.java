package panatorch.nn;

import java.util.stream.IntStream;
import panatorch.Tensor;

/** Parameters with places. It owns the tensors it is given. */
public final class ParameterList extends Module {
    public ParameterList(Tensor... parameters) {
        for (Tensor t : parameters) add(t);
    }

    public ParameterList add(Tensor initial) {
        parameter(Integer.toString(size()), initial);
        return this;
    }

    /** The parameter at place {@code i}; it stays this list's. */
    public Tensor get(int i) {
        Tensor t = parameterOrNull(Integer.toString(i));
        if (t == null) throw new IndexOutOfBoundsException("place " + i + " of " + size() + " parameters");
        return t;
    }

    public int size() { return ownParameters().size(); }

    @Override protected Module recreate() { return new ParameterList(IntStream.range(0, size()).mapToObj(i -> get(i).emptyLike()).toArray(Tensor[]::new)); }

    @Override protected String describe() { return Repr.parameters(ownParameters()); }
}
