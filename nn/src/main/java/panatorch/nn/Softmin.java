package panatorch.nn;

import panatorch.Tensor;

/** {@link Softmax} of {@code −x}. */
public final class Softmin extends Module {
    private final long dim;

    public Softmin(long dim) {
        this.dim = dim;
    }

    @Override public Tensor forward(Tensor input) { return input.neg().softmax(dim); }

    @Override protected Module recreate() { return new Softmin(dim); }

    @Override protected String describe() { return "dim=" + dim; }
}
