package panatorch.nn;

import panatorch.Tensor;

/** Logarithm of the {@link Softmax}, computed in one operator. */
public final class LogSoftmax extends Module {
    private final long dim;

    public LogSoftmax(long dim) {
        this.dim = dim;
    }

    @Override public Tensor forward(Tensor input) { return input.logSoftmax(dim); }

    @Override protected Module recreate() { return new LogSoftmax(dim); }

    @Override protected String describe() { return "dim=" + dim; }
}
