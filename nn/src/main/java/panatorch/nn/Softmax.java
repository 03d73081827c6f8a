package panatorch.nn;

import panatorch.Tensor;

/**
 * Softmax {@code exp(x) / Σ exp(x)} along a dimension: positive, with sum 1. Python's default dimension, which is deprecated, is not
 * supported.
 */
public final class Softmax extends Module {
    private final long dim;

    public Softmax(long dim) {
        this.dim = dim;
    }

    @Override public Tensor forward(Tensor input) { return input.softmax(dim); }

    @Override protected Module recreate() { return new Softmax(dim); }

    @Override protected String describe() { return "dim=" + dim; }
}
