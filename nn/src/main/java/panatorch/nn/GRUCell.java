package panatorch.nn;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/** One step of a {@link GRU}. See {@link RecurrentCell} for parameters and shapes. */
public final class GRUCell extends RecurrentCell {
    public GRUCell(long in, long hidden) { this(in, hidden, true); }

    public GRUCell(long in, long hidden, boolean bias) { super(in, hidden, bias, 3, 1); }

    /** Returns the next state. */
    public Tensor forward(Tensor input, Tensor state) { return forwardAll(List.of(input, state)).getFirst(); }

    @Override List<Tensor> step(Tensor x, List<Tensor> states) {
        return List.of(Aten.gruCell(x, states.getFirst(), parameter("weight_ih"), parameter("weight_hh"), parameterOrNull("bias_ih"),
                parameterOrNull("bias_hh")));
    }

    @Override protected Module recreate() { return new GRUCell(in, hidden, bias); }
}
