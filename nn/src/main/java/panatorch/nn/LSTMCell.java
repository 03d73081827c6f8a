package panatorch.nn;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/** One step of an {@link LSTM}. See {@link RecurrentCell} for parameters and shapes. */
public final class LSTMCell extends RecurrentCell {
    /** The next hidden and cell states, [N, H] each. */
    public record Result(Tensor hidden, Tensor cell) {}

    public LSTMCell(long in, long hidden) { this(in, hidden, true); }

    public LSTMCell(long in, long hidden, boolean bias) { super(in, hidden, bias, 4, 2); }

    public Result forward(Tensor input, Tensor hidden, Tensor cell) {
        List<Tensor> next = forwardAll(List.of(input, hidden, cell));
        return new Result(next.get(0), next.get(1));
    }

    @Override List<Tensor> step(Tensor x, List<Tensor> states) {
        var next = Aten.lstmCell(x, states, parameter("weight_ih"), parameter("weight_hh"), parameterOrNull("bias_ih"),
                parameterOrNull("bias_hh"));
        return List.of(next.result0(), next.result1());
    }

    @Override protected Module recreate() { return new LSTMCell(in, hidden, bias); }
}
