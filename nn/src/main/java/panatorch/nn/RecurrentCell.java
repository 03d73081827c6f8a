package panatorch.nn;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.init.Init;

/**
 * The base of single steps of recurrent networks: an input [N, in] or [in], and states [N, H] or [H]. Parameters: {@code weight_ih}
 * [gates·H, in], {@code weight_hh} [gates·H, H], {@code bias_ih}, {@code bias_hh} [gates·H].
 */
public abstract sealed class RecurrentCell extends Module permits RNNCell, GRUCell, LSTMCell {
    final long in, hidden;
    final boolean bias;
    private final int states;

    RecurrentCell(long in, long hidden, boolean bias, int gates, int states) {
        this.in = in;
        this.hidden = hidden;
        this.bias = bias;
        this.states = states;
        double bound = 1 / Math.sqrt(hidden);
        parameter("weight_ih", Init.uniform_(Torch.empty(gates * hidden, in), -bound, bound));
        parameter("weight_hh", Init.uniform_(Torch.empty(gates * hidden, hidden), -bound, bound));
        parameter("bias_ih", bias ? Init.uniform_(Torch.empty(gates * hidden), -bound, bound) : null);
        parameter("bias_hh", bias ? Init.uniform_(Torch.empty(gates * hidden), -bound, bound) : null);
    }

    /** Returns the next hidden state, starting from zeros. */
    @Override public final Tensor forward(Tensor input) {
        return forwardAll(List.of(input)).getFirst();
    }

    /** Takes the input and states, which are zeros if absent, and returns the next states. */
    @Override public final List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        Tensor input = inputs.getFirst();
        if (input.dim() != 1 && input.dim() != 2)
            throw new IllegalArgumentException(name() + " takes one or two dimensions, not " + input.describe());
        boolean single = input.dim() == 1;
        Tensor x = single ? input.unsqueeze(0) : input;
        List<Tensor> before = new ArrayList<>(), after = new ArrayList<>();
        for (int i = 1; i <= states; i++) {
            Tensor given = Inputs.at(inputs, i);
            before.add(given == null ? Aten.zeros(new long[] {x.size(0), hidden}, x.dtype(), null, x.device())
                    : single ? given.unsqueeze(0) : given);
        }
        for (Tensor t : step(x, before)) after.add(single ? t.squeeze(0) : t);
        return after;
    }

    abstract List<Tensor> step(Tensor input, List<Tensor> states);

    @Override protected String describe() { return in + ", " + hidden + (bias ? "" : ", bias=False"); }
}
