package panatorch.nn;

import panatorch.Tensor;

/** The logarithm of the {@link Softmax}, computed as one. */
public final class LogSoftmax extends Module {
    private final long dim;

    public LogSoftmax(long dim) {
        this.dim = dim;
    }

    @Override public Tensor forward(Tensor input) { return input.logSoftmax(dim); }

    @Override protected Module recreate() { return new LogSoftmax(dim); }

    @Override protected String describe() { return "dim=" + dim; }
}
