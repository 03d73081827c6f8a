package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * A recurrent network {@code h′ = tanh(W x + b + V h + c)}, or with a ReLU (Elman 1990). See {@link Recurrent} for options, parameters and
 * shapes.
 */
public final class RNN extends Recurrent {
    /**
     * The result of a sequence.
     *
     * @param output output of the last layer at every time
     * @param state state of every layer after the last time
     */
    public record Result(Tensor output, Tensor state) {}

    private final boolean relu;

    public RNN(long in, long hidden) { this(options(in, hidden), false); }

    /** Creates a layer with changed options: {@code new RNN(10, 20, o -> o.layers(2).batchFirst(true))}. */
    public RNN(long in, long hidden, UnaryOperator<Options> change) {
        this(change.apply(options(in, hidden)), false);
    }

    /** @param relu whether to use a ReLU instead of tanh */
    public RNN(Options options, boolean relu) {
        super(options, 1);
        this.relu = relu;
    }

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
        Tensor h = states.getFirst();
        boolean train = isTraining();
        var r = batchSizes == null
                ? relu ? Aten.rnnRelu(x, h, weights, o.bias(), layers, p, train, o.bidirectional(), o.batchFirst())
                        : Aten.rnnTanh(x, h, weights, o.bias(), layers, p, train, o.bidirectional(), o.batchFirst())
                : relu ? Aten.rnnRelu(x, batchSizes, h, weights, o.bias(), layers, p, train, o.bidirectional())
                        : Aten.rnnTanh(x, batchSizes, h, weights, o.bias(), layers, p, train, o.bidirectional());
        return List.of(r.result0(), r.result1());
    }

    @Override protected Module recreate() { return new RNN(options, relu); }
}
