package panatorch.nn;

import panatorch.Tensor;

/** Splits one dimension into several: [*, 12, *] → [*, 3, 4, *]. One of the sizes may be -1. */
public final class Unflatten extends Module {
    private final long dim;
    private final long[] sizes;

    public Unflatten(long dim, long... sizes) {
        this.dim = dim;
        this.sizes = sizes.clone();
    }

    @Override public Tensor forward(Tensor input) { return input.unflatten(dim, sizes); }

    @Override protected Module recreate() { return new Unflatten(dim, sizes); }

    @Override protected String describe() { return "dim=" + dim + ", unflattened_size=" + Repr.tuple(sizes); }
}
