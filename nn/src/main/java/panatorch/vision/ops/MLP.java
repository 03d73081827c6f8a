package panatorch.vision.ops;

import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;

/**
 * A multi-layer perceptron: linear layers, each followed by a normalisation, an activation and dropout, the last one by dropout only. [*,
 * in] → [*, last hidden]. The children are {@code 0}, {@code 1}, … as in Python.
 */
public final class MLP extends Module {
    /**
     * Options of a perceptron. Each method returns changed options.
     *
     * @param in number of input features
     * @param hidden number of features after each linear layer
     * @param norm creates the normalisation for a number of features; null for none
     * @param activation creates the activation
     * @param bias whether the linear layers have a bias
     * @param dropout probability of dropping an element, in [0, 1]
     */
    public record Options(long in, long[] hidden, @Nullable LongFunction<? extends Module> norm, Supplier<? extends Module> activation,
            boolean bias, double dropout) {
        public Options norm(@Nullable LongFunction<? extends Module> factory) {
            return new Options(in, hidden, factory, activation, bias, dropout);
        }

        public Options activation(Supplier<? extends Module> factory) { return new Options(in, hidden, norm, factory, bias, dropout); }

        public Options bias(boolean on) { return new Options(in, hidden, norm, activation, on, dropout); }

        public Options dropout(double p) { return new Options(in, hidden, norm, activation, bias, p); }
    }

    private final Options options;

    /** Returns options with a bias and a ReLU, and without normalisation and dropout. */
    public static Options options(long in, long... hidden) {
        return new Options(in, hidden, null, ReLU::new, true, 0);
    }

    /** Creates the perceptron with random weights. */
    public MLP(Options options) {
        if (options.hidden.length == 0) throw new IllegalArgumentException("a perceptron needs at least one number of hidden features");
        this.options = options;
        long in = options.in;
        for (int i = 0; i < options.hidden.length; i++) {
            append(new Linear(in, options.hidden[i], options.bias));
            if (i < options.hidden.length - 1) {
                var norm = options.norm;
                if (norm != null) append(norm.apply(options.hidden[i]));
                append(options.activation.get());
            }
            append(new Dropout(options.dropout));
            in = options.hidden[i];
        }
    }

    private void append(Module module) { child(Integer.toString(namedChildren().size()), module); }

    @Override public Tensor forward(Tensor input) { return callInTurn(namedChildren().values(), input); }

    @Override protected Module recreate() { return new MLP(options); }
}
