package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Gated recurrent units (Cho et al., 2014, arXiv:1406.1078), with the reset gate after the product. See {@link Recurrent} for options,
 * parameters and shapes.
 */
public final class GRU extends Recurrent {
    /**
     * The result of a sequence.
     *
     * @param output output of the last layer at every time
     * @param state state of every layer after the last time
     */
    public record Result(Tensor output, Tensor state) {}

    public GRU(long in, long hidden) { this(options(in, hidden)); }

    /** Creates a layer with changed options: {@code new GRU(10, 20, o -> o.layers(2).batchFirst(true))}. */
    public GRU(long in, long hidden, UnaryOperator<Options> change) {
        this(change.apply(options(in, hidden)));
    }

    public GRU(Options options) { super(options, 3); }

    /**
     * Runs a sequence.
     *
     * @param state first state, or null for zeros
     */
    public Result forward(Tensor input, @Nullable Tensor state) {
        List<Tensor> all = forwardAll(Arrays.asList(input, state));
        return new Result(all.get(0), all.get(1));
    }

    @Override List<Tensor> run(Tensor x, @Nullable Tensor batchSizes, List<Tensor> states, List<Tensor> weights, int layers, double p) {
        Options o = options;
        var r = batchSizes == null
                ? Aten.gru(x, states.getFirst(), weights, o.bias(), layers, p, isTraining(), o.bidirectional(), o.batchFirst())
                : Aten.gru(x, batchSizes, states.getFirst(), weights, o.bias(), layers, p, isTraining(), o.bidirectional());
        return List.of(r.result0(), r.result1());
    }

    @Override protected Module recreate() { return new GRU(options); }
}
