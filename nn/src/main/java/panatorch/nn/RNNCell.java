package panatorch.nn;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * One step of an {@link RNN}: {@code h′ = tanh(W x + b + V h + c)}, or with a ReLU (Elman 1990). See {@link RecurrentCell} for parameters
 * and shapes.
 */
public final class RNNCell extends RecurrentCell {
    private final boolean relu;

    public RNNCell(long in, long hidden) { this(in, hidden, true, false); }

    /** @param relu whether to use a ReLU instead of tanh */
    public RNNCell(long in, long hidden, boolean bias, boolean relu) {
        super(in, hidden, bias, 1, 1);
        this.relu = relu;
    }

    /** Returns the next state. */
    public Tensor forward(Tensor input, Tensor state) { return forwardAll(List.of(input, state)).getFirst(); }

    @Override List<Tensor> step(Tensor x, List<Tensor> states) {
        Tensor h = states.getFirst();
        return List.of(relu
                ? Aten.rnnReluCell(x, h, parameter("weight_ih"), parameter("weight_hh"), parameterOrNull("bias_ih"),
                        parameterOrNull("bias_hh"))
                : Aten.rnnTanhCell(x, h, parameter("weight_ih"), parameter("weight_hh"), parameterOrNull("bias_ih"),
                        parameterOrNull("bias_hh")));
    }

    @Override protected Module recreate() { return new RNNCell(in, hidden, bias, relu); }

    @Override protected String describe() { return super.describe() + (relu ? ", nonlinearity=relu" : ""); }
}
