package panatorch.nn;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/** Long short-term memory (Hochreiter and Schmidhuber 1997). See {@link Recurrent} for options, parameters and shapes. */
public final class LSTM extends Recurrent {
    /**
     * The result of a sequence.
     *
     * @param output output of the last layer at every time
     * @param hidden hidden states of every layer after the last time
     * @param cell cell states of every layer after the last time
     */
    public record Result(Tensor output, Tensor hidden, Tensor cell) {}

    public LSTM(long in, long hidden) { this(options(in, hidden)); }

    /** Creates a layer with changed options: {@code new LSTM(10, 20, o -> o.layers(2).batchFirst(true))}. */
    public LSTM(long in, long hidden, UnaryOperator<Options> change) {
        this(change.apply(options(in, hidden)));
    }

    public LSTM(Options options) { super(options, 4); }

    /**
     * Runs a sequence.
     *
     * @param hidden first hidden states, or null for zeros
     * @param cell first cell states, or null for zeros
     */
    public Result forward(Tensor input, @Nullable Tensor hidden, @Nullable Tensor cell) {
        List<Tensor> all = forwardAll(Arrays.asList(input, hidden, cell));
        return new Result(all.get(0), all.get(1), all.get(2));
    }

    @Override long[] stateSizes() { return new long[] {options.out(), options.hidden()}; }

    @Override List<Tensor> run(Tensor x, @Nullable Tensor batchSizes, List<Tensor> states, List<Tensor> weights, int layers, double p) {
        Options o = options;
        var r = batchSizes == null ? Aten.lstm(x, states, weights, o.bias(), layers, p, isTraining(), o.bidirectional(), o.batchFirst())
                : Aten.lstm(x, batchSizes, states, weights, o.bias(), layers, p, isTraining(), o.bidirectional());
        return List.of(r.result0(), r.result1(), r.result2());
    }

    @Override protected Module recreate() { return new LSTM(options); }
}
