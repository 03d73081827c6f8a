package panatorch.nn;

import java.util.function.UnaryOperator;
import panatorch.Tensor;

/**
 * Options of a transformer's layers. Each method returns changed options.
 *
 * @param model number of features
 * @param heads number of attention heads
 * @param feedforward size of the hidden layer of the feed-forward network
 * @param dropout probability of dropping
 * @param activation activation of the hidden layer, such as {@code Tensor::relu}
 * @param eps number added to the variance in layer normalisation
 * @param batchFirst whether tensors are [N, L, model] instead of [L, N, model]
 * @param normFirst whether normalisation comes before attention and feed-forward network instead of after them
 * @param bias whether there are biases
 */
public record TransformerOptions(long model, int heads, long feedforward, double dropout, UnaryOperator<Tensor> activation, double eps,
        boolean batchFirst,
        boolean normFirst, boolean bias) {
    /** Returns the defaults: hidden layer of 2048, dropout 0.1, ReLU, [L, N, model], normalisation after each part, with biases. */
    public static TransformerOptions of(long model, int heads) {
        return new TransformerOptions(model, heads, 2048, 0.1, Tensor::relu, 1e-5, false, false, true);
    }

    public TransformerOptions feedforward(long size) {
        return new TransformerOptions(model, heads, size, dropout, activation, eps, batchFirst, normFirst, bias);
    }

    public TransformerOptions dropout(double p) {
        return new TransformerOptions(model, heads, feedforward, p, activation, eps, batchFirst, normFirst, bias);
    }

    public TransformerOptions activation(UnaryOperator<Tensor> f) {
        return new TransformerOptions(model, heads, feedforward, dropout, f, eps, batchFirst, normFirst, bias);
    }

    public TransformerOptions eps(double e) {
        return new TransformerOptions(model, heads, feedforward, dropout, activation, e, batchFirst, normFirst, bias);
    }

    public TransformerOptions batchFirst(boolean on) {
        return new TransformerOptions(model, heads, feedforward, dropout, activation, eps, on, normFirst, bias);
    }

    public TransformerOptions normFirst(boolean on) {
        return new TransformerOptions(model, heads, feedforward, dropout, activation, eps, batchFirst, on, bias);
    }

    public TransformerOptions bias(boolean on) {
        return new TransformerOptions(model, heads, feedforward, dropout, activation, eps, batchFirst, normFirst, on);
    }

    MultiheadAttention attention() {
        return new MultiheadAttention(MultiheadAttention.options(model, heads).dropout(dropout).bias(bias).batchFirst(batchFirst));
    }

    LayerNorm norm() { return new LayerNorm(new long[] {model}, eps, true, bias); }
}
